"""The helper package of the course. This folder is its core: what every learner meets.

Start with ``losses`` (20 lines a loss), ``networks`` and ``training`` (one step of each
player, then the whole loop); ``metrics`` judges, ``plotting`` shows. The core imports only
the core. Everything else lives in a room, a folder with one subject: ``engine``,
``recipes``, ``widgets``, ``images``, ``privacy``, ``rivals``, ``ads``. Import the module
that you need (``from gan_utils import losses``); nothing heavy is loaded until then.
"""

__version__ = "0.1.0"
