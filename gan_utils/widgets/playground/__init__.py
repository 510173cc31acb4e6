"""The two-dimensional playground of lesson 02: ``playground.Playground``.

``game`` plays (two small networks, one step at a time), ``drawing`` shows it, ``controls``
are the sliders and buttons.
"""
