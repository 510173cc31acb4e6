"""Virtual product trial: lipstick and eyewear on rendered faces.

``portraits`` renders (with ``faces`` and ``products``), ``model`` changes what a wish
names, ``placement`` puts eyewear where it belongs, ``scores`` judges both;
``mirror.ProductMirror`` is the widget.
"""
