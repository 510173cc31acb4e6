"""Lesson 0's game: the reader is the discriminator."""

import ipywidgets as widgets
import torch

from gan_utils.plotting import png_bytes, to_pixels
from gan_utils.widgets.frame import CRISP, picture, show_widget, spoken


class Inspector:
    """Shows pictures one by one; two buttons say "real" or "generated"; keeps the score.

    Args:
        real, fake: pictures (N, 1, H, W) in [-1, 1], any number of each.
        seed: of the order in which they appear.
    """

    def __init__(self, real, fake, seed=0):
        random = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(real) + len(fake), generator=random)
        self.pixels = to_pixels(torch.cat([real, fake])[order, 0])
        self.is_real = (order < len(real)).tolist()
        self.answers = []
        alt = "the picture to be judged, real or generated"
        self.picture, self.status = picture(alt, 224), widgets.HTML()
        self.buttons = [
            widgets.Button(description="real", icon="check"),
            widgets.Button(description="generated", icon="magic"),
        ]
        self.buttons[0].on_click(lambda _: self.answer(True))
        self.buttons[1].on_click(lambda _: self.answer(False))
        row = widgets.HBox(self.buttons)
        self.box = widgets.VBox([widgets.HTML(CRISP), self.picture, row, self.status])
        self.draw()

    def answer(self, says_real):
        """Judge the picture on show, and go on to the next."""
        if len(self.answers) < len(self.is_real):
            self.answers.append(says_real)
            self.draw()

    def score(self):
        """Share of right answers so far, in [0, 1]; 1/2 before the first."""
        right = [a == r for a, r in zip(self.answers, self.is_real)]
        return sum(right) / len(right) if right else 0.5

    def draw(self):
        """Show the picture that is to be judged, and the score so far."""
        done, total = len(self.answers), len(self.is_real)
        if done:
            truth = "real" if self.is_real[done - 1] else "generated"
            verdict = f"That one was {truth}. {self.score():.0%} right so far."
        else:
            verdict = "Is this picture real or generated?"
        if done == total:
            verdict += " That was the last one: 50 % is guessing."
            for button in self.buttons:
                button.disabled = True
        else:
            self.picture.value = png_bytes(self.pixels[done], fast=True)
        self.status.value = spoken(
            f"Picture {min(done + 1, total)} of {total}. {verdict}"
        )

    def show(self):
        """Display the game in the notebook."""
        alt = "One small grey picture from the game, to be judged real or generated"
        show_widget(self.box, self.picture.value, alt, 224, crisp=True)
