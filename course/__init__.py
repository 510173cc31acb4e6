"""What makes notebooks a course; it knows lessons, not GANs.

``lessons`` runs and saves them and makes the student edition, ``claims_report`` reruns them
over seeds, ``checks`` holds what the exercises import, ``clinic`` the patients of the
debugging clinic, ``slides`` the projector's edition. ``suite`` chooses and runs the tests,
by ``import_map``. ``python3 run.py`` calls ``__main__``.
"""
