"""The latent explorer: ``explorer.Explorer`` in a notebook, ``serve`` as a web app.

``space`` is z or w, ``state`` stands in it, ``search`` finds the latent of a picture, ``files``
reads and writes pictures, ``view`` is the bridge to the JavaScript beside it, whose parts
it lists in their order.
"""
