"""Checks of lesson 3: rotation, the best answer to a fixed D, R1, noise, mode counts."""

import torch

from course.checks.frame import Mistake, call, close, compare, exercise, number, tensor


@exercise("3.1")
def check_distance(answer):
    """The distance after 100 simultaneous steps with rate 0.1 from distance 1."""
    usual = [
        (1.0, "that is an exact circle; the size of the eigenvalue is above 1"),
        (1.1**100, "one step multiplies by the square root of 1 + lr², not by 1 + lr"),
        (1.01**100, "this multiplies by 1 + lr² each step; the square root is missing"),
        (1.01**0.5, "that is one step; take a hundred of them"),
        (1.01**-50, "this falls; simultaneous steps lead outward, not inward"),
        (1 + 50 * 0.01, "growth compounds: multiply a hundred times, do not add"),
    ]
    value = number(answer, "the distance")
    for wrong, reason in usual:
        if close(value, wrong, atol=0, rtol=0.002):
            raise Mistake(reason)
    if not close(value, 1.01**50, atol=0.05):
        raise Mistake("not yet; compute the square root of 1 + 0.1², to the power 100")


@exercise("3.2")
def check_shares(shares):
    """The shares that minimise E[-log D] when D is 0.6, 0.5 and 0.5 at three points."""
    if isinstance(shares, (list, tuple)):
        shares = torch.tensor([number(share, "each share") for share in shares])
    shares = tensor(shares, (3,), "the answer", form="three numbers, one a mode")
    if (shares < 0).any() or not close(shares.sum(), 1, atol=1e-3):
        raise Mistake("shares are at least 0 and their sum is 1")
    usual = [
        (torch.full((3,), 1 / 3),
         "equal shares are what we wish for; nothing in G's loss rewards variety"),
        (torch.tensor([0.375, 0.3125, 0.3125]),
         "these are in proportion to D; the loss is linear in the shares, so take the extreme"),
    ]  # fmt: skip
    otherwise = (
        "G wants D's answer to be large, not small: look for the mode where D is fooled best"
        if shares[0] < 0.01
        else "moving more samples to mode A still lowers the loss"
    )
    compare(shares, torch.tensor([1.0, 0.0, 0.0]), usual, otherwise, atol=0.02)


@exercise("3.3")
def check_d_update(update):
    """d_update(theta, psi, lr, gamma) against psi - lr * (theta + gamma * psi)."""
    theta, psi, lr, gamma = 0.6, 0.8, 0.1, 0.5
    value = number(call(update, theta, psi, lr, gamma))
    usual = [
        (psi - lr * theta, "R1 is missing: gamma has no effect"),
        (psi - lr * (theta - gamma * psi),
         "R1 has the wrong sign: it must pull psi towards 0"),
        (psi + lr * (theta + gamma * psi),
         "the whole step has the wrong sign: D minimises its loss"),
        (psi + lr * (theta - gamma * psi),
         "theta has the wrong sign: D lowers its logit at theta"),
        (psi - lr * theta - gamma * psi, "the R1 term needs the learning rate, too"),
        (psi - lr * (theta + gamma / 2 * psi),
         "the derivative of gamma/2 psi² is gamma psi: the half cancels"),
        (psi - lr * (theta + gamma * psi**2 / 2),
         "this adds the penalty itself; the step needs its derivative"),
        (psi - lr * (theta + gamma * theta),
         "friction acts on D's own weight psi, not on theta"),
    ]  # fmt: skip
    otherwise = "psi minus lr times the derivative of theta * psi + gamma/2 * psi²"
    compare(value, psi - lr * (theta + gamma * psi), usual, otherwise, atol=1e-6)


@exercise("3.4")
def check_add_noise(add_noise):
    """add_noise(points, step, steps, start_std): its mean, its spread and its schedule."""
    points = torch.full((4000, 2), 3.0)

    def noise(step):
        return tensor(call(add_noise, points, step, 100, 0.5), (4000, 2)) - 3.0

    first, middle, last, later = (noise(step) for step in (0, 50, 100, 200))
    if (points != 3.0).any():
        raise Mistake("the points themselves were changed; return new ones")
    if first.std() < 1e-6:
        if last.std() > 1e-6:
            raise Mistake("the noise grows; it should start at start_std and fall")
        raise Mistake("there is no noise at step 0")
    if (first - first[0]).abs().max() < 1e-6:
        raise Mistake(
            "every point gets the same noise; draw it with randn_like(points)"
        )
    if first.mean() > 0.1:
        raise Mistake(
            "the noise is not centred on 0: rand is uniform on [0, 1], randn is Gaussian"
        )
    if close(first.mean(), -3, atol=0.1):
        raise Mistake("this is the noise alone; add it to the points")
    if not close(first.mean(), 0, atol=0.1):
        raise Mistake("the noise moves the points to one side; its mean should be 0")
    if not close(first.std(), 0.5, atol=0.03):
        raise Mistake(
            f"at step 0 the standard deviation should be start_std; it is {first.std():.2f} for 0.5"
        )
    if close(middle.std(), first.std(), atol=0.03):
        raise Mistake("the noise is not annealed: it should fall from step to step")
    if not close(middle.std(), 0.25, atol=0.02):
        raise Mistake(
            "half-way the standard deviation should be half of start_std: a straight line"
        )
    if last.std() > 1e-6:
        raise Mistake("at the last step the noise should be gone")
    if later.std() > 1e-6:
        raise Mistake(
            "after the last step the noise comes back: a negative factor; stop at 0 with max"
        )


@exercise("3.5")
def check_mode_counts(mode_counts):
    """mode_counts(samples, means, reach) on nine points whose modes are known."""
    means = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [9.0, 9.0]])
    offsets = torch.tensor([[0.1, 0.0], [0.0, -0.2], [0.3, 0.3]])
    on_modes = torch.cat([means[0] + offsets, means[1] + offsets[:2], means[2:3] + 0.1])
    samples = torch.cat([on_modes, torch.tensor([[1.6, 0.0], [1.5, 0.1], [2.9, 0.0]])])
    usual = {
        (len(samples),): "one number per sample came back; count over samples to get one per mode",
        (3,): "a mode without samples is missing from the counts; it should be there with 0",
    }  # fmt: skip
    counts = tensor(
        call(mode_counts, samples, means, 0.5), (4,), usual=usual, form="one a mode"
    ).tolist()
    usual = {
        (5, 3, 1, 0): "samples far from every centre are counted; keep those within reach",
        (2, 1, 0, 0): "only the far samples are counted; the comparison with reach is turned round",
        (0, 0, 0, 0): "no sample is counted: the nearest centre has the smallest distance, so min, not max",
    }  # fmt: skip
    if tuple(counts) in usual:
        raise Mistake(usual[tuple(counts)])
    if counts[3] > 0:
        raise Mistake("the farthest centre is taken for the nearest: min, not max")
    if counts != [3, 2, 1, 0]:
        raise Mistake(f"expected [3, 2, 1, 0] on nine test points; got {counts}")
