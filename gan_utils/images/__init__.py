"""A folder of anybody's pictures, read with suspicion.

``files`` turns one file of any kind into pixels, or says in a sentence why not; ``folder``
reads them all and keeps near-duplicates on one side of a split; ``plan`` chooses size and
recipe; ``vases`` draws the sample folder. Start with ``folder.read_folder``.
"""
