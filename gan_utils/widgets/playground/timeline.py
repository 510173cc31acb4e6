"""The playground's past: states of a game that were kept, to go back to and on from."""

MOST = 120  # states; a state has some 112 kB, so all of them together 14 MB


class Timeline:
    """The kept states of a run, in their order; the game stands at one of them.

    ``keep`` is called for every state that was shown. When there are more than ``MOST``,
    every second one is dropped, and from then on states are kept as far apart as those
    that stayed. Step 0 and the newest state always stay. Going on from an earlier state
    drops what came after it.

    Args:
        game: a ``Game``.
    """

    def __init__(self, game):
        self.game = game
        self.restart()

    def restart(self):
        """Forget all states but the one that the game is in."""
        self.states, self.at, self._apart = [self.game.state()], 0, 0

    def keep(self, by_hand=False):
        """Keep the game's state as the newest one.

        Args:
            by_hand: after a single move, which is kept, and so is the state before it.
        """
        state = self.game.state()
        if self._is_passing() and not by_hand:
            self.states.pop()
        self.states.append(state._replace(by_hand=by_hand))
        if len(self.states) > MOST:
            self.states = [*self.states[:-1:2], self.states[-1]]
            self._apart = 2 * state.steps / MOST
        self.at = len(self.states) - 1

    def _is_passing(self):
        """Whether the newest state was kept only until a newer one comes."""
        if len(self.states) < 2 or self.states[-1].by_hand:
            return False
        return self.states[-1].steps - self.states[-2].steps < self._apart

    def go_to(self, index):
        """Put the game back into a kept state; its curves stay whole until ``cut``."""
        self.at = index
        self.game.restore(self.states[index])

    def before(self, step):
        """Index of the newest state kept at a step or before it."""
        return max(i for i, state in enumerate(self.states) if state.steps <= step)

    def cut(self):
        """Drop what came after the game's state, curves too; whether there was anything."""
        later = len(self.states) > self.at + 1
        if later:
            del self.states[self.at + 1 :]
            self._apart = 0
        self.game.forget_later()
        return later

    def labels(self):
        """What tells the states apart: "240", or "240 + 1 D" after a single D step."""
        return [_label(state) for state in self.states]

    def words(self):
        """Where the game stands: "step 240 of 800", or "step 800" at the newest state."""
        now, newest = (_label(self.states[i]) for i in (self.at, -1))
        return f"step {now}" if now == newest else f"step {now} of {newest}"


def _label(state):
    return f"{state.steps:,}" + bool(state.d_moves) * f" + {state.d_moves} D"
