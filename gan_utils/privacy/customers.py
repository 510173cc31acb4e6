"""A simulated table of customers, a generator of such tables, and how good a table is.

Nobody in it exists: the columns are drawn from the formulas in ``simulate``. A row is
encoded by bounds that are public knowledge, never by the data's own minimum and mean,
which would give records away before the training begins.
"""

import math
from typing import NamedTuple

import torch
from scipy.stats import wasserstein_distance
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, gumbel_softmax

from gan_utils.networks import mlp
from gan_utils.privacy.membership import auc


class Number(NamedTuple):
    """A numeric column with public bounds, encoded in [-1, 1]; on a log scale if it is."""

    name: str
    low: float
    high: float
    log: bool = False


class Choice(NamedTuple):
    """A column with a fixed list of values, encoded as one-hot."""

    name: str
    values: tuple


NUMBERS = (
    Number("age, years", 18, 90),
    Number("income, thousand €", 8, 250, True),
    Number("orders a year", 0, 40),
    Number("basket, €", 4, 600, True),
)
_CHOICES = (
    Choice("channel", ("e-mail", "social", "search", "shop")),
    Choice("region", ("north", "east", "south", "west")),
    Choice("loyalty card", ("no", "yes")),
    Choice("answered the last offer", ("no", "yes")),
)
WIDTH = len(NUMBERS) + sum(len(choice.values) for choice in _CHOICES)
TARGET = WIDTH - 1  # 1 where the customer answered


def simulate(count, seed=0):
    """Customers as encoded rows.

    Args:
        count: how many, at least 1.
        seed: of the draw.
    Returns:
        (count, 16) float32: four numbers in [-1, 1], then one-hot choices.
    Raises:
        ValueError: count is no whole number from 1 on.
    """
    if not 1 <= count < math.inf or count != int(count):
        raise ValueError(f"count must be a whole number from 1 on; got {count}")
    chance = torch.Generator().manual_seed(seed)

    def normal():
        return torch.randn(count, generator=chance)

    def uniform():
        return torch.rand(count, generator=chance)

    young = uniform() < 0.45
    age = torch.where(young, 30 + 6 * normal(), 55 + 11 * normal()).clamp(18, 90)
    peak = 1 - ((age - 50) / 40).square()
    income = (3.3 + 0.7 * peak + 0.4 * normal()).exp().clamp(8, 250)
    card = uniform() < torch.sigmoid((age - 45) / 12)
    rate = (1.1 + 0.9 * card + 0.3 * (income.log() - 3.7)).exp()
    orders = torch.poisson(rate, generator=chance).clamp(0, 40)
    basket = (2.4 + 0.45 * income.log() - 0.03 * orders + 0.4 * normal()).exp()
    lean = torch.stack([(age - 40) / 25, (35 - age) / 12, 0 * age, (age - 60) / 15], 1)
    noise = -(-torch.rand(count, 4, generator=chance).clamp_min(1e-9).log()).log()
    channel = (lean + noise).argmax(1)
    region = (uniform() * 4).long().clamp(0, 3)
    wish = -2.2 + 0.16 * orders + 0.9 * (channel == 0) + 0.8 * card - 0.01 * (age - 45)
    answered = uniform() < torch.sigmoid(wish)
    numbers = [age, income, orders, basket.clamp(4, 600)]
    return encode(numbers, [channel, region, card.long(), answered.long()])


def encode(numbers, choices):
    """Columns as rows in [-1, 1]: numbers by their bounds, choices as one-hot."""
    columns = []
    for column, values in zip(NUMBERS, numbers):
        low, high = column.low, column.high
        if column.log:
            values, low, high = values.log(), math.log(low), math.log(high)
        columns.append((2 * (values - low) / (high - low) - 1)[:, None])
    for choice, values in zip(_CHOICES, choices):
        columns.append(nn.functional.one_hot(values, len(choice.values)).float())
    return torch.cat(columns, 1)


def decode(rows):
    """Encoded rows as lists of dictionaries, as a person reads them."""
    found = [{} for _ in rows]
    for column, values in zip(NUMBERS, rows.T):
        low, high = column.low, column.high
        if column.log:
            low, high = math.log(low), math.log(high)
        values = low + (values + 1) / 2 * (high - low)
        for row, value in zip(found, values.exp() if column.log else values):
            row[column.name] = round(value.item())
    for choice, part in zip(_CHOICES, choices_of(rows)):
        for row, index in zip(found, part.argmax(1)):
            row[choice.name] = choice.values[index]
    return found


def choices_of(rows):
    """The one-hot parts of encoded rows, one (N, values) a choice."""
    sizes = [len(choice.values) for choice in _CHOICES]
    return rows[:, len(NUMBERS) :].split(sizes, 1)


class TableGenerator(nn.Module):
    """z -> an encoded customer: numbers through tanh, each choice drawn by its weights.

    Maps (batch, latent_dim) to (batch, 16). The draw is one-hot; its gradient is that of
    a softmax with Gumbel noise (Jang, Gu and Poole 2017, arXiv:1611.01144).
    """

    def __init__(self, latent_dim=16, width=64, temperature=0.5):
        super().__init__()
        if not 0 < temperature < math.inf:
            raise ValueError(
                f"temperature must be a finite number above 0; got {temperature}"
            )
        self.latent_dim, self.temperature = latent_dim, temperature
        self.body = mlp(latent_dim, width, width, WIDTH)

    def forward(self, z):
        rows = self.body(z)
        numbers = rows[:, : len(NUMBERS)].tanh()
        drawn = [gumbel_softmax(x, self.temperature, True) for x in choices_of(rows)]
        return torch.cat([numbers, *drawn], 1)


def marginal_distance(rows, real):
    """Mean Wasserstein-1 distance of the columns: numbers in units of their range's half.

    For a choice it is the total variation of the frequencies.

    Args:
        rows, real: encoded rows, (N, 16) and (M, 16).
    Returns:
        A float >= 0; 0 for equal marginals.
    Raises:
        ValueError: other shapes, or a value is not finite.
    """
    _check(rows, real)
    count = len(NUMBERS)
    of_numbers = [
        float(wasserstein_distance(rows[:, k], real[:, k])) for k in range(count)
    ]
    of_choices = [
        (x.mean(0) - y.mean(0)).abs().sum().item() / 2
        for x, y in zip(choices_of(rows), choices_of(real))
    ]
    return sum(of_numbers + of_choices) / (count + len(_CHOICES))


def correlation_error(rows, real):
    """Mean absolute difference of the two correlation matrices, off the diagonal.

    A column that is constant in ``rows`` counts as uncorrelated.
    """
    _check(rows, real)
    a, b = (x.T.corrcoef().nan_to_num() for x in (rows, real))
    return (a - b).abs().fill_diagonal_(0).sum().item() / (WIDTH * (WIDTH - 1))


def response_auc(rows, test):
    """How well a logistic model of ``rows`` foresees who answers in real ``test`` rows.

    Args:
        rows: encoded training rows, real or generated; test: encoded real rows.
    Returns:
        ``Interval`` of the AUC; (0.5, 0.5, 0.5) where nobody or everybody answered.
    """
    _check(rows, test)
    wanted = rows[:, TARGET]
    if wanted.mean() in (0, 1):
        return auc([0, 0], [0, 0])._replace(low=0.5, high=0.5)
    inputs = slice(0, TARGET - 1)
    model = nn.Linear(TARGET - 1, 1)
    nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=60)

    def closure():
        optimiser.zero_grad()
        logits = model(rows[:, inputs])[:, 0]
        loss = binary_cross_entropy_with_logits(logits, wanted)
        loss = loss + 1e-4 * model.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    with torch.no_grad():
        scores = model(test[:, inputs])[:, 0]
    return auc(scores[test[:, TARGET] == 1], scores[test[:, TARGET] == 0])


def _check(*tables):
    """Refuse what is no encoded table."""
    for rows in tables:
        if rows.dim() != 2 or rows.shape[1] != WIDTH or len(rows) == 0:
            raise ValueError(f"rows must be (N, {WIDTH}); got {tuple(rows.shape)}")
        if not rows.isfinite().all():
            raise ValueError("rows must be finite; the table holds NaN or infinity")
