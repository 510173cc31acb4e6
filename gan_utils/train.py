"""Training from the shell: ``python -m gan_utils.train RECIPE``, also under torchrun.

The command itself is ``engine.cli``; what it can train is ``recipes.catalogue``.
"""

import sys

if __name__ == "__main__":
    from gan_utils.engine import shell

    with shell.loading("train"):
        from gan_utils.engine import cli
        from gan_utils.recipes.catalogue import RECIPES

    sys.exit(cli.main(RECIPES))
