"""What a trained GAN gives away, and what stops it.

``copying`` and ``membership`` are the attacks and tests, ``leakage`` runs them on any
generator and writes ``leakage_page``; ``differential`` is DP-SGD with its accountant;
``customers`` are the simulated records that it protects. Start with ``membership``.
"""
