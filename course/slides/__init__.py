"""A lesson as slides: ``slides`` writes one HTML file, ``formulas`` its MathML.

``slides.css`` is the look, ``slides_pack.js`` packs pieces on sheets of 1280 x 720, and
``slides_show.js`` turns them.
"""
