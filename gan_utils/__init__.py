"""The helper package of the course. This folder is its core: what every learner meets.

Start with ``losses``, ``networks`` and ``training``; import the module that you need
(``from gan_utils import losses``), and nothing heavy is loaded before.

- ``data`` Fashion-MNIST and pixels; ``toy`` points in the plane; ``augment`` pictures;
- ``losses``, ``penalties``, ``networks``; ``training`` one step of each player, the loop;
- ``sampling`` draws from a generator; ``metrics`` judges it; ``plotting`` shows it;
- ``latent`` walks and directions, ``inversion`` from picture to z, ``attributes`` of both;
- ``checkpoints`` weights and their cards; ``claims`` ``claim`` and ``set_seed``;
- ``train`` is only the door of ``python3 run.py train``.

Rooms: ``engine`` trains fast, resumes, shares among GPUs; ``recipes`` made the shipped
weights; ``widgets`` are the explorer, the playground and smaller ones; ``images`` reads a
folder of yours; ``privacy`` attacks and protects; ``rivals`` are other families of models;
``ads`` the applications of Part III. The core imports the core alone.
"""

__version__ = "0.1.0"
