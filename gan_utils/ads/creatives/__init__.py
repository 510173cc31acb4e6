"""Banners: ``scene`` renders them, ``networks`` generate them, ``scores`` judge them.

``typesetting`` and ``lettering`` set type and logo; ``studio.AdStudio`` is the widget.
``studio_scenes`` renders the surroundings of real products in exact layers, with the sets of
``studio_sets`` and the colours of ``palettes``; ``rivals`` need no training.
"""
