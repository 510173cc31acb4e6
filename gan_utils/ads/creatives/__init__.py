"""Banners: ``scene`` renders them, ``networks`` generate them, ``scores`` judge them.

``typesetting`` and ``lettering`` set type and logo; ``studio.AdStudio`` is the widget.
"""
