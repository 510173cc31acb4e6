"""Fast, resumable, distributed training around ``training.GANLoop``.

Start with ``fit``: it feeds a loop with ``batches``, logs, and writes ``snapshots`` from
which a killed run goes on bit for bit; ``lock`` keeps a second run out of the folder.
``distributed`` shares the work among processes, ``cuda_graph`` records a step on a GPU,
``devices`` names the hardware; ``session`` is all of it as one call, and ``cli`` the
command ``python3 run.py train``. ``shell`` is what all commands share (paths, streams,
Ctrl-C), ``torchrun_cell`` runs torchrun from a notebook.
"""
