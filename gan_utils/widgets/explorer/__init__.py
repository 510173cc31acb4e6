"""The latent explorer: ``explorer.Explorer`` in a notebook, ``serve`` as a web app.

``state`` knows latents and directions, ``search`` finds the latent of a picture, ``files``
reads and writes pictures, ``view`` is the bridge to the JavaScript beside it, whose parts
it lists in their order.
"""
