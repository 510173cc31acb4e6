"""Advertising: four applications, each with its data, networks, scores and widget.

``creatives`` (banners), ``clicks`` (personalised ads), ``try_on`` (garments on people) and
``product_trial`` (products on faces). ``people`` deals skin tones and ages evenly to the
rendered figures; ``products`` reads the cut-outs of catalogue products; ``provenance`` marks
what a generator made.
"""
