"""A folder of anybody's pictures, read with suspicion.

``files`` turns one file of any kind into pixels, or says in a sentence why not (``kinds``
knows what a file is, ``deep`` what is done with more than 8 bits); ``folder`` reads them
all and keeps near-duplicates on one side of a split; ``held_out`` writes that split into
the card of a training and reads it there; ``plan`` chooses size and recipe; ``vases``
draws the sample folder. Start with ``folder.read_folder``.
"""
