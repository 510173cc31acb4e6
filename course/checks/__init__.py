"""The exercise checks, one file per lesson; each names the mistake it finds.

``frame`` has what all of them use: ``@exercise`` turns a function that raises ``Mistake``
into a check that prints its verdict; ``call``, ``tensor``, ``compare`` and
``check_numbers`` ask for an answer of the right kind and refuse every other in a sentence.
"""
