"""A training run watched while it runs: ``view.LiveTraining``; ``drawing`` makes its pictures.

The view spends at most 2 % of the run's time on itself.
"""
