"""Everything that a training run needs to go on exactly: as a dictionary of tensors."""

import torch

NETWORKS = ("generator", "discriminator", "average")


def gather(loop, feed):
    """The state of a run.

    Args:
        loop: a ``GANLoop``.
        feed: a ``Feed``.
    Returns:
        {name: tensor}: networks, moving average, both Adams, random generators.
    """
    found = {}
    for prefix, network in _networks(loop).items():
        for name, tensor in network.state_dict().items():
            found[f"{prefix}.{name}"] = tensor
    for prefix, optimiser in _optimisers(loop).items():
        for index, entry in optimiser.state_dict()["state"].items():
            for name, tensor in entry.items():
                found[f"{prefix}.{index}.{name}"] = tensor
    found |= {f"feed.{name}": tensor for name, tensor in feed.state().items()}
    found["random.cpu"] = torch.get_rng_state()
    if loop.device.type == "cuda":
        found["random.cuda"] = torch.cuda.get_rng_state(loop.device)
    return found


def not_finite(tensors):
    """The first weight or statistic of a gathered state that is not finite, or None."""
    for name, tensor in tensors.items():
        if name.split(".")[0] in NETWORKS and not tensor.isfinite().all():
            return name
    return None


def misfit(loop, feed, tensors):
    """Why a state does not belong to this loop, in words; None if it does."""
    mine, theirs = _kinds(_expected(loop, feed)), _kinds(tensors)
    for found in (mine, theirs):
        found.pop("random.cuda", None)  # of use on a GPU alone
    for name in sorted({*mine, *theirs}):
        unused = name.startswith("opt_") and name not in theirs
        if mine.get(name) != theirs.get(name) and not unused:
            return (
                f"{name} is {theirs.get(name, 'missing')} there and "
                f"{mine.get(name, 'missing')} here."
            )
    return None


def _expected(loop, feed):
    """Like ``gather``, before the first step too, when Adam has no memories yet."""
    found = gather(loop, feed)
    for prefix, optimiser in _optimisers(loop).items():
        for index, parameter in enumerate(_parameters(optimiser)):
            found[f"{prefix}.{index}.exp_avg"] = parameter
            found[f"{prefix}.{index}.exp_avg_sq"] = parameter
            found[f"{prefix}.{index}.step"] = torch.tensor(0.0)
    return found


def _kinds(tensors):
    return {k: f"{str(v.dtype)[6:]} {tuple(v.shape)}" for k, v in tensors.items()}


def restore(loop, feed, tensors):
    """Put a gathered state back, in place."""

    def below(prefix):
        start = f"{prefix}."
        return {k[len(start) :]: v for k, v in tensors.items() if k.startswith(start)}

    for prefix, network in _networks(loop).items():
        network.load_state_dict(below(prefix))
    for prefix, optimiser in _optimisers(loop).items():
        _restore_adam(optimiser, below(prefix))
    feed.load_state(below("feed"))
    torch.set_rng_state(tensors["random.cpu"])
    if loop.device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], loop.device)
    loop.forget_recording()


def _restore_adam(optimiser, entries):
    """Adam's memories, laid out in memory like the parameters they belong to."""
    parameters = _parameters(optimiser)
    optimiser.state.clear()
    for key, tensor in entries.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and name != "step":
            tensor = torch.empty_like(parameter).copy_(tensor)
        else:
            tensor = tensor.to(parameter.device)  # the fused kernel counts there
        optimiser.state[parameter][name] = tensor.detach().clone()


def _parameters(optimiser):
    return [p for group in optimiser.param_groups for p in group["params"]]


def _networks(loop):
    found = {"generator": loop.generator, "discriminator": loop.discriminator}
    return found | ({"average": loop.ema.average} if loop.ema else {})


def _optimisers(loop):
    return {"opt_g": loop.opt_g, "opt_d": loop.opt_d}
