"""Helpers for the course: data, losses, networks, metrics, plots and widgets.

Import the module that you need (``from gan_utils import losses``); nothing heavy is
loaded until then.
"""

__version__ = "0.1.0"
