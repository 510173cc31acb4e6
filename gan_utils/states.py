"""Everything that a training run needs to go on exactly: as a dictionary of tensors."""

import torch


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


def misfit(loop, feed, tensors):
    """Why a state does not belong to this loop, in words; None if it does."""
    mine = {
        f"{prefix}.{name}": tuple(tensor.shape)
        for prefix, network in _networks(loop).items()
        for name, tensor in network.state_dict().items()
    }
    theirs = {
        name: tuple(tensor.shape)
        for name, tensor in tensors.items()
        if name.split(".")[0] in ("generator", "discriminator", "average")
    }
    for name in sorted({*mine, *theirs}):
        if mine.get(name) != theirs.get(name):
            return (
                f"{name} is {theirs.get(name, 'missing')} there and "
                f"{mine.get(name, 'missing')} here."
            )
    missing = {f"feed.{name}" for name in feed.state()} - tensors.keys()
    return f"{', '.join(sorted(missing))} is missing." if missing else None


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
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    optimiser.state.clear()
    for key, tensor in entries.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and name != "step":
            tensor = torch.empty_like(parameter).copy_(tensor)
        elif parameter.device.type != "cpu":
            tensor = tensor.to(
                parameter.device
            )  # the fused kernel counts on the device
        optimiser.state[parameter][name] = tensor.detach()


def _networks(loop):
    found = {"generator": loop.generator, "discriminator": loop.discriminator}
    return found | ({"average": loop.ema.average} if loop.ema else {})


def _optimisers(loop):
    return {"opt_g": loop.opt_g, "opt_d": loop.opt_d}
