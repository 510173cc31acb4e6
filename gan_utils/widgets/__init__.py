"""Interactive views for notebooks: ipywidgets around models that know nothing of them.

``frame`` holds what all share: the box, the still picture for readers without a kernel,
labels; ``charts`` draws curves while a training runs. ``explorer`` (the latent space),
``playground`` (lesson 02) and ``live_training`` are folders with their JavaScript and CSS;
the small ones are single files (``latent_walk``, ``inspector``, ``picture_mixer``,
``drawpad``, ``live_figure``, built from ``picture`` and ``keys``). A widget of one advertising application lives with that
application, in ``ads``.
"""
