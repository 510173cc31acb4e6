"""The playground's buttons, menus and sliders; all of them work from the keyboard."""

import ipywidgets as widgets

from gan_utils import losses, penalties, toy
from gan_utils.widgets.drawpad import DrawPad
from gan_utils.widgets.playground.time_slider import TimeSlider

DRAW = "draw your own"
DISTRIBUTIONS = {
    "ring of 8": toy.ring,
    "grid of 25": toy.grid,
    "two clusters": toy.two_clusters,
    "two moons": toy.two_moons,
    "spiral": toy.spiral,
}
LOSSES = {
    "non-saturating": losses.non_saturating,
    "minimax (saturating)": losses.minimax,
    "least squares": losses.least_squares,
    "Wasserstein": losses.wasserstein,
}
PENALTIES = {
    "none": None,
    "R1: flat at real samples": lambda d, real, fake: penalties.r1(d, real),
    "gradient penalty: slope 1": penalties.gradient_penalty,
}
SPEEDS = {
    "slow motion": (0, 1.0),
    "1 step a frame": (1, 0.0),
    "5 steps a frame": (5, 0.0),
    "up to 20 a frame": (20, 0.0),
}
"""name: (most steps a frame, least seconds a frame); 0 steps: one player at a time."""
_WIDTH = "328px"


class Controls:
    """Holds the control widgets and writes their values into a game.

    Args:
        game: a ``Game``.
        on_time: called with the label that the reader chose on the time slider.
    """

    def __init__(self, game, on_time):
        self._buttons()
        self.time = TimeSlider(on_time)
        self.speed = _menu("speed", SPEEDS, "5 steps a frame", "Pace of play")
        self.data = _menu(
            "data", [*DISTRIBUTIONS, DRAW], "ring of 8", "Choosing starts a new game"
        )
        self.pad = DrawPad(layout={"display": "none", "margin": "2px 0 4px 88px"})
        self.loss = _menu(
            "loss", LOSSES, "non-saturating", "What each player minimises"
        )
        self.penalty = _menu("penalty", PENALTIES, "none", "On the slope of D")
        self.weight = _log(
            "its weight", 0.1, -3, 1, "Factor of the penalty in D's loss"
        )
        self.lr_d = _log(
            "learning rate D", game.lr_d, -5, -1, "Step size of Adam for D"
        )
        self.lr_g = _log(
            "learning rate G", game.lr_g, -5, -1, "Step size of Adam for G"
        )
        self.batch = _count("batch size", game.batch_size, 8, 512, 8, "Samples a step")
        often = "D moves so often per G step"
        self.d_per_g = _count("D steps per G", 1, 1, 10, 1, often)
        self.seed = widgets.BoundedIntText(
            value=game.seed,
            min=0,
            max=9999,
            description="seed",
            tooltip="A new seed starts a new game",
            **_style(),
        )
        self._checkboxes()
        self.live = [self.loss, self.penalty, self.weight]
        self.live += [self.lr_d, self.lr_g, self.batch, self.d_per_g]
        rows = [self.buttons, self.speed, self.data, self.pad, *self.live, self.seed]
        rows.append(widgets.HBox(self.shown))
        self.box = widgets.VBox(rows, layout={"width": "336px"})
        self.apply(game)

    def _buttons(self):
        def button(name, icon, tooltip, kind=widgets.Button, width="76px"):
            layout = {"width": width}
            return kind(description=name, icon=icon, tooltip=tooltip, layout=layout)

        self.play = button(
            "Play", "play", "Play or pause", widgets.ToggleButton, "84px"
        )
        self.d_step = button("D step", "", "Move the discriminator once")
        self.g_step = button("G step", "", "Move the generator once")
        self.reset = button("Reset", "refresh", "New networks from the seed")
        self.buttons = widgets.HBox([self.play, self.d_step, self.g_step, self.reset])

    def _checkboxes(self):
        def box(name, tooltip):
            return widgets.Checkbox(
                True,
                description=name,
                tooltip=tooltip,
                indent=False,
                layout={"width": "106px"},
            )

        self.field = box("field of D", "Colour the plane by what D says")
        self.pushes = box("pushes on G", "Arrows: where each sample is pushed")
        self.grid = box("grid of G", "G applied to the lines of a square grid of z")
        self.shown = [self.field, self.pushes, self.grid]

    def apply(self, game):
        """Write loss, penalty, learning rates, batch size and D steps into the game."""
        game.loss = LOSSES[self.loss.value]
        game.penalty = _weighted(PENALTIES[self.penalty.value], self.weight.value)
        game.lr_d, game.lr_g = self.lr_d.value, self.lr_g.value
        game.batch_size, game.d_per_g = self.batch.value, self.d_per_g.value
        self.weight.disabled = self.penalty.value == "none"

    def show_playing(self, playing):
        """Name the button after what it will do next."""
        self.play.description = "Pause" if playing else "Play"
        self.play.icon = "pause" if playing else "play"


def _weighted(penalty, weight):
    if penalty is None:
        return None
    return lambda d, real, fake: weight * penalty(d, real, fake)


def _style():
    layout = {"width": _WIDTH, "max_width": "100%"}
    return {"style": {"description_width": "100px"}, "layout": layout}


def _menu(name, options, value, tooltip):
    return widgets.Dropdown(
        options=list(options),
        value=value,
        description=name,
        tooltip=tooltip,
        **_style(),
    )


def _log(name, value, low, high, tooltip):
    return widgets.FloatLogSlider(
        value=value,
        min=low,
        max=high,
        step=0.05,
        description=name,
        tooltip=tooltip,
        readout_format=".2g",
        **_style(),
    )


def _count(name, value, low, high, step, tooltip):
    return widgets.IntSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=name,
        tooltip=tooltip,
        **_style(),
    )
