"""The other families of generative models, for the comparison at equal cost.

``vae_lstm`` has the variational autoencoder and the autoregressive network, ``flow`` the
rectified flow. They learn from the same pictures and are judged by the same ``metrics``.
"""
