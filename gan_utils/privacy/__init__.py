"""What a trained GAN gives away, and what stops it.

``membership`` holds the attacks; ``copying`` and ``repeats`` test whether pictures are
copies, many or a few. ``leakage`` runs all of it on any generator and writes
``leakage_page``; ``differential`` is DP-SGD with its accountant;
``customers`` are the simulated records that it protects. Start with ``membership``.
"""
