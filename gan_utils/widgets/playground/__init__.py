"""The two-dimensional playground of lesson 02: ``playground.Playground``.

``game`` plays (two small networks, one step at a time), ``timeline`` keeps its states to go
back to, ``drawing`` shows it, ``controls`` are the sliders and buttons, one of which is the
``time_slider``.
"""
