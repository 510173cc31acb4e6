"""Virtual try-on: ``scene`` renders people and garments, ``model`` dresses the one in the other.

``figures``, ``garments`` and ``painting`` are parts of the scene, ``scores`` compares with
methods that are not GANs; ``room.TryOnRoom`` is the widget.
"""
