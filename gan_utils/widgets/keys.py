"""Keeps the keys that a widget needs away from JupyterLab's shortcuts."""

from pathlib import Path

import anywidget


class KeyGuard(anywidget.AnyWidget):
    """An invisible child for a box of controls.

    Without it, JupyterLab in command mode takes letters and arrow keys that are meant for
    a menu in the output, and edits or leaves the notebook instead.
    """

    _esm = Path(__file__).with_name("keys.js")
