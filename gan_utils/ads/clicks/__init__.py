"""Personalised ads: a simulated ``audience`` clicks, policies learn from the ``log``.

``code_gan`` generates offers, ``surrogate`` predicts clicks, ``policies`` choose and are
evaluated off-policy, ``campaign`` compares them; ``picker.AdPicker`` is the widget.
``real_logs`` are six logs of a real shop, and one policy's log judging another policy.
"""
