"""What only a GPU can show. Without one everything here is skipped, and says so."""

import functools
import os
import signal
import socket

import pytest
import torch
from tiny_runs import differences, final_state, quiet, tiny_run

from gan_utils import losses, metrics
from gan_utils.checkpoints import load_generator
from gan_utils.engine import cli, devices, distributed, snapshots
from gan_utils.engine.cuda_graph import WARM_UP, Replay
from gan_utils.engine.fit import fit
from gan_utils.networks import DCGANDiscriminator, DCGANGenerator
from gan_utils.penalties import r1
from gan_utils.recipes import fashion
from gan_utils.recipes.catalogue import RECIPES
from gan_utils.training import GANLoop

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)
STEPS = 16


@pytest.fixture(autouse=True)
def exactly(monkeypatch):
    """float32 without TF32, and cuDNN's repeatable kernels."""
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)


def five_r1(discriminator, real, fake):
    return 5 * r1(discriminator, real)


def gpu_run(**options):
    options = {"device": "cuda", "penalty": None, **options}
    return tiny_run(**options)


def all_losses(loop, batches, steps=STEPS):
    return torch.stack(
        [loop.step(n / steps, *batches(n)).clone() for n in range(steps)]
    )


def go(folder=None, stop=None, **options):
    loop, batches = gpu_run(**options)
    fit(loop, batches, STEPS, folder, log_every=2, save_every=4, stop=stop, say=quiet)
    return snapshots.gather(loop, batches)


def assert_close(one, other, rtol=1e-3):
    """Alike within a share of each tensor's largest number."""
    assert one.keys() == other.keys()
    for name, expected in other.items():
        if expected.is_floating_point() and not name.startswith("opt_"):
            scale = expected.abs().max().item() + 1e-6
            worst = (one[name] - expected).abs().max().item()
            assert worst <= rtol * scale, name


def test_a_replayed_function_is_the_function():
    weight = torch.randn(4, 4, device="cuda")
    played = Replay(lambda x: (x @ weight).relu())
    for _ in range(WARM_UP + 5):
        x = torch.randn(3, 4, device="cuda")
        torch.testing.assert_close(played(x), (x @ weight).relu())
    assert played.graph is not None


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"precision": torch.bfloat16},
        {"loss": losses.relativistic},
        {"decay": None},
        {"penalty": five_r1},
    ],
)
def test_a_recorded_step_plays_the_same_game_as_an_eager_one(options):
    eager, batches = gpu_run(**options)
    expected = all_losses(eager, batches)
    recorded, batches = gpu_run(graph=Replay, **options)
    found = all_losses(recorded, batches)
    assert recorded.play.graph is not None
    tolerance = 0.05 if options.get("precision") else 5e-3
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def test_a_recorded_step_follows_the_falling_rates_down_to_zero():
    loop, batches = gpu_run(graph=Replay)
    for number in range(WARM_UP + 3):
        loop.step(0, *batches(number))
    before = [p.clone() for p in loop.generator.parameters()]
    loop.step(1, *batches(WARM_UP + 3))
    assert all(map(torch.equal, before, loop.generator.parameters()))
    loop.step(0.5, *batches(WARM_UP + 4))
    assert not any(map(torch.equal, before, loop.generator.parameters()))


def test_a_graph_in_several_processes_is_refused():
    with pytest.raises(ValueError, match="a single process"):
        gpu_run(graph=Replay, wrap=lambda module: torch.nn.Identity())


def test_the_gpu_plays_the_same_game_as_the_processor():
    def players():
        torch.manual_seed(0)
        return DCGANGenerator(8, 4), DCGANDiscriminator(4, depth=3)

    found = []
    for device in ("cpu", "cuda"):
        generator, discriminator = (network.to(device) for network in players())
        loop = GANLoop(generator, discriminator, penalty=five_r1)
        torch.manual_seed(1)
        real, z = torch.rand(8, 1, 28, 28) * 2 - 1, torch.randn(8, 8)
        found.append(loop.step(0, real.to(device), z.to(device)).cpu())
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-4)


def test_bfloat16_stays_close_to_float32_in_its_first_losses():
    exact, rounded = (
        all_losses(*gpu_run(precision=precision), steps=2)
        for precision in (None, torch.bfloat16)
    )
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(rounded[0], exact[0], rtol=0.02, atol=0.02)


@pytest.mark.parametrize("graph", [None, Replay])
def test_nothing_waits_for_the_gpu_within_a_step(graph):
    loop, batches = gpu_run(graph=graph)
    for number in range(WARM_UP + 2):
        loop.step(0, *batches(number))
    batches.chosen(5), batches.chosen(6)  # the order of the second epoch is there
    mode = torch.cuda.get_sync_debug_mode()
    try:
        torch.cuda.set_sync_debug_mode("error")
        for number in range(5, 9):
            loop.step(number / STEPS, *batches(number))
        with pytest.raises(RuntimeError):
            torch.ones(1, device="cuda").item()
    finally:
        torch.cuda.set_sync_debug_mode(mode)


@pytest.mark.parametrize("graph", [None, Replay])
def test_memory_does_not_grow_with_the_steps(graph):
    loop, batches = gpu_run(graph=graph)
    for number in range(20):
        loop.step(0, *batches(number))
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    for number in range(20, 220):
        loop.step(0, *batches(number))
    torch.cuda.synchronize()
    assert abs(torch.cuda.memory_allocated() - before) < 100_000


@pytest.mark.parametrize(
    "options",
    [{}, {"graph": Replay}, {"precision": torch.bfloat16}, {"penalty": five_r1}],
)
def test_a_stopped_run_goes_on_to_the_same_end(tmp_path, options):
    asked = iter([False] * 7)
    go(tmp_path, stop=lambda: next(asked, True), **options)
    gone_on = go(tmp_path, **options)
    assert_close(gone_on, go(**options), 0.1 if options.get("precision") else 0.02)
    assert (
        differences(final_state(tmp_path), {k: v.cpu() for k, v in gone_on.items()})
        == []
    )


def test_a_ctrl_c_saves_on_the_gpu_too(tmp_path):
    loop, batches = gpu_run(graph=Replay)
    step = loop.step

    def interrupted(*arguments):
        if loop.steps == 6:
            signal.raise_signal(signal.SIGINT)
        return step(*arguments)

    loop.step = interrupted
    assert (
        fit(loop, batches, STEPS, tmp_path, log_every=2, save_every=4, say=quiet) == 7
    )
    state = {name: t.cpu() for name, t in snapshots.gather(loop, batches).items()}
    assert differences(final_state(tmp_path), state) == []


def test_a_state_of_the_gpu_does_not_fit_the_processor(tmp_path):
    go(tmp_path)
    loop, batches = tiny_run(penalty=None)
    assert "batches.noise" in snapshots.misfit(loop, batches, final_state(tmp_path))


def test_nccl_with_one_process_trains_like_no_group_at_all(monkeypatch):
    expected = all_losses(*gpu_run())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_PORT": port,
             "MASTER_ADDR": "127.0.0.1"}  # fmt: skip
    for name, value in place.items():
        monkeypatch.setenv(name, str(value))
    together = distributed.join(distributed.local_device())
    try:
        assert together == distributed.Ranks(0, 1)
        assert torch.distributed.get_backend() == "nccl"
        loop, batches = gpu_run(ranks=together)
        distributed.synchronise_batch_norm(loop.generator)
        found = all_losses(loop, batches)
    finally:
        distributed.leave()
    torch.testing.assert_close(found, expected, rtol=5e-3, atol=5e-3)


def test_synchronising_on_a_gpu_takes_pytorchs_own():
    network = distributed.synchronise_batch_norm(DCGANDiscriminator(4, depth=3).cuda())
    kinds = {type(m) for m in network.modules()}
    assert torch.nn.SyncBatchNorm in kinds
    assert torch.nn.BatchNorm2d not in kinds


def test_devices_name_the_gpu():
    device = devices.device_named("auto")
    assert device.type == "cuda"
    assert devices.describe(device) == torch.cuda.get_device_name(device)


def test_the_command_line_trains_on_the_gpu(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "score", lambda generator: 99.5)
    monkeypatch.setattr(metrics, "fid", lambda images: 0.25)
    monkeypatch.delenv("RANK", raising=False)
    small = functools.partial(fashion.explorer_unconditional, latent_dim=8, width=4)
    monkeypatch.setitem(RECIPES, "explorer_unconditional", small)
    words = ["explorer_unconditional", "--steps", "6", "--folder", str(tmp_path)]
    assert (
        cli.main(RECIPES, [*words, "--precision", "bfloat16", "--save-every", "100"])
        == 0
    )
    generator = load_generator(tmp_path / "explorer_unconditional.safetensors")
    assert generator(torch.randn(1, 8)).isfinite().all()
    assert os.path.getsize(tmp_path / "log.jsonl") > 50
