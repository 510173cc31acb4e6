"""The explorer without a browser: every control, a thousand random moves, files, searches."""

import asyncio
import io
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image

from gan_utils.checkpoints import load_generator, save_checkpoint, shipped_directions
from gan_utils.data import CLASSES, fashion_mnist
from gan_utils.images.vases import giant_png
from gan_utils.latent import Direction, slerp
from gan_utils.metrics import feature_network
from gan_utils.networks import ConditionalGenerator, DCGANGenerator
from gan_utils.plotting import to_pixels
from gan_utils.widgets.explorer import files, serve
from gan_utils.widgets.explorer.explorer import Explorer
from gan_utils.widgets.explorer.state import State, noise


class Listener:
    """An explorer whose messages to the front end are kept."""

    def __init__(self, generator, directions=(), **options):
        self.explorer = Explorer(generator, directions, **options)
        self.sent = []
        self.explorer.view.send = lambda content, buffers=None: self.sent.append(
            (content, buffers or [])
        )
        self.tickets = itertools.count()

    def say(self, kind, buffers=(), **content):
        """Play the front end; returns the answers."""
        before = len(self.sent)
        self.explorer._listen(None, {"kind": kind, **content}, list(buffers))
        return self.sent[before:]

    def steps(self, *steps):
        """Moves of the hand; returns the state that is sent back, and its pixels."""
        ticket = f"me {next(self.tickets)}"
        answers = self.say("steps", ticket=ticket, steps=[list(step) for step in steps])
        state, buffers = next(a for a in answers if a[0]["kind"] == "state")
        assert state["ticket"] == ticket
        return state, np.frombuffer(buffers[0], np.uint8).reshape(28, 28)

    def last(self, kind):
        return [(c, b) for c, b in self.sent if c["kind"] == kind][-1]


def plain_generator():
    torch.manual_seed(3)
    return DCGANGenerator(latent_dim=8, width=8).eval()


def conditional_generator():
    torch.manual_seed(4)
    generator = ConditionalGenerator(latent_dim=8, width=8).eval()
    torch.nn.init.normal_(generator.norm_7.shift.weight)
    return generator


def unit(k):
    return torch.eye(8)[k]


NAMED = [
    Direction("sleeve", "short", "long", unit(0), (0, 2)),
    Direction("sleeve", "short", "long", unit(1), (4,)),
    Direction("heel", "flat", "high", unit(2), (9,)),
    Direction("light", "dark", "bright", unit(3)),
]


@pytest.fixture
def plain():
    return Listener(plain_generator())


@pytest.fixture
def conditional():
    return Listener(conditional_generator(), NAMED)


def made(generator, z, label=None):
    """The picture of a latent point, by the shortest way."""
    inputs = (z[None],) if label is None else (z[None], torch.tensor([label]))
    with torch.no_grad():
        return to_pixels(generator(*inputs))[0, 0]


# Every control


def test_the_seed_alone_decides_the_first_picture(plain):
    for seed in (0, 17, 9999):
        state, shown = plain.steps(("set", "seed", seed))
        z = torch.randn(8, generator=torch.Generator().manual_seed(seed))
        assert np.abs(shown.astype(int) - made(plain_generator(), z)).max() <= 1
        assert state["sentence"] == f"Generated: seed {seed}."


def test_truncation_scales_the_noise(plain):
    state, _ = plain.steps(("set", "seed", 5), ("set", "truncation", 0.5))
    expected = 0.5 * noise(8, 5)
    torch.testing.assert_close(
        plain.explorer.state.point(), expected, atol=6e-5, rtol=0
    )
    assert "truncation 0.50" in state["sentence"]


def test_directions_add_up_and_reset_takes_them_back(plain):
    explorer = plain.explorer
    _, before = plain.steps(("set", "seed", 2))
    z = explorer.state.point()
    state, after = plain.steps(
        ("set", "principal 2", 1.5), ("set", "closed form 1", -3)
    )
    axes = explorer.state.directions()
    expected = z + 1.5 * axes["principal 2"].vector - 3 * axes["closed form 1"].vector
    torch.testing.assert_close(explorer.state.point(), expected, atol=2e-4, rtol=0)
    assert "principal 2 +1.5" in state["sentence"]
    assert "closed form 1 -3.0" in state["sentence"]
    assert (after != before).any()
    assert (plain.steps(("reset",))[1] == before).all()


def test_a_coordinate_takes_exactly_the_value_given(plain):
    plain.steps(("set", "principal 1", 2), ("set", "truncation", 0.7))
    before = plain.explorer.state.point()
    state, _ = plain.steps(("set", "coordinate", 3), ("set", "value", -1.25))
    after = plain.explorer.state.point()
    assert after[2].item() == pytest.approx(-1.25, abs=1e-4)
    others = [0, 1, 3, 4, 5, 6, 7]
    torch.testing.assert_close(after[others], before[others], atol=1.1e-4, rtol=0)
    assert (state["coordinate"], state["value"]) == (3, pytest.approx(-1.25, abs=1e-4))


@pytest.mark.parametrize("way", ["great circle", "straight line"])
def test_the_journey_leads_from_a_to_b(plain, way):
    _, a = plain.steps(("set", "seed", 1), ("set", "truncation", 0.8), ("keep", "A"))
    start = plain.explorer.state.point()
    _, b = plain.steps(("set", "seed", 7), ("set", "principal 1", 2), ("keep", "B"))
    end = plain.explorer.state.point()
    plain.steps(("set", "way", way))
    assert (plain.steps(("set", "position", 0))[1] == a).all()
    assert (plain.steps(("set", "position", 1))[1] == b).all()
    state, _ = plain.steps(("set", "position", 0.25))
    expected = slerp(start, end, 0.25)
    if way == "straight line":
        expected = 0.75 * start + 0.25 * end
    torch.testing.assert_close(
        plain.explorer.state.point(), expected, atol=1e-4, rtol=0
    )
    assert state["sentence"] == "Generated: 25% of the way from A to B."
    assert (state["values"], state["truncation"]) == ({}, 1.0)
    ends = np.frombuffer(plain.last("ends")[1][0], np.uint8).reshape(2, 28, 28)
    assert (ends == np.stack([a, b])).all()


def test_a_class_keeps_z_and_the_attributes_that_it_has(conditional):
    conditional.steps(("set", "class", 0), ("set", "sleeve", 2), ("set", "light", 1))
    state, _ = conditional.steps(("set", "class", 4))
    base = noise(8, 0)
    expected = base + 2 * unit(1) + unit(3)
    torch.testing.assert_close(
        conditional.explorer.state.point(), expected, atol=6e-5, rtol=0
    )
    assert state["sentence"] == "Generated: coat, seed 0, sleeve +2.0, light +1.0."
    state, _ = conditional.steps(("set", "class", 9))
    assert state["values"] == {"light": 1}
    assert "heel" in conditional.explorer.state.directions()
    _, shown = conditional.steps(("set", "heel", 1))
    z = base + unit(3) + unit(2)
    expected = made(conditional.explorer.state.generator, z, 9)
    assert np.abs(shown.astype(int) - expected).max() <= 1


def test_a_journey_between_classes_changes_class_half_way(conditional):
    conditional.steps(("set", "class", 3), ("keep", "A"))
    conditional.steps(("set", "class", 8), ("keep", "B"))
    labels = [
        conditional.steps(("set", "position", t))[0]["label"] for t in (0, 0.4, 0.6, 1)
    ]
    assert labels == [3, 3, 8, 8]


def test_values_beyond_the_ends_are_cut_there(plain):
    cases = {"seed": 9999, "truncation": 1.5, "principal 1": 3.0, "position": 1,
             "coordinate": 8, "value": 4}  # fmt: skip
    for name, most in cases.items():
        state, _ = plain.steps(("set", name, 1e6))
        assert state.get(name, state["values"].get(name)) == pytest.approx(
            most, abs=1e-4
        )


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("seed", "five", "must be a number"), ("seed", float("nan"), "NaN"), ("seed", True, "True"),
     ("heel", 1, "no control 'heel'"), ("class", 1, "no control 'class'"),
     ("way", "home", "'home'"), ("way", None, "None")],
)  # fmt: skip
def test_what_is_no_value_is_told_and_changes_nothing(plain, name, value, word):
    before = plain.explorer.state.point()
    with pytest.raises(ValueError, match=word):
        plain.explorer.set(name, value)
    state, _ = plain.steps(("set", name, value))
    assert word in plain.last("alarm")[0]["text"]
    assert torch.equal(plain.explorer.state.point(), before)
    assert state["seed"] == 0


def test_a_training_generator_is_neither_used_nor_changed():
    generator = plain_generator().train()
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    explorer = Explorer(generator)
    explorer.set("seed", 3)
    assert generator.training
    assert not explorer.state.generator.training
    assert all(torch.equal(v, before[k]) for k, v in generator.state_dict().items())


# The strip, the sentence, the classifier


@pytest.mark.parametrize(
    "name", ["seed", "class", "truncation", "position", "value", "principal 3", "light"]
)
def test_the_strip_shows_what_a_click_would_give(conditional, name):
    conditional.steps(("set", "seed", 40), ("set", "light", 1))
    conditional.steps(("look", name))
    answer, buffers = conditional.say("rest")[-1]
    strip = answer["strip"]
    rows = np.frombuffer(buffers[0], np.uint8).reshape(-1, 28, 28)
    assert strip["name"] == name
    assert len(rows) == len(strip["stops"])
    assert strip["heading"]
    assert strip["low"]
    for stop, row in list(zip(strip["stops"], rows))[::3]:
        _, shown = conditional.steps(("set", name, stop))
        assert np.abs(shown.astype(int) - row).max() <= 1  # a batch may round otherwise


@pytest.mark.parametrize(
    "name", ["seed", "class", "truncation", "position", "value", "light"]
)
def test_the_pictures_at_hand_are_those_that_the_moves_will_give(conditional, name):
    conditional.steps(("set", "seed", 9), ("set", "light", -1))
    state, _ = conditional.steps(("look", name))
    first, step, count = state["grid"]
    values = [round(first + step * i, 6) for i in range(0, count, max(count // 7, 1))]
    answer, buffers = conditional.say("fan", name=name, values=values, generation=7)[-1]
    pictures = np.frombuffer(buffers[0], np.uint8).reshape(-1, 28, 28)
    assert (answer["name"], answer["generation"]) == (name, 7)
    assert len(pictures) == len(answer["values"]) == min(len(values), 8)
    for value, picture in zip(answer["values"], pictures):
        _, shown = conditional.steps(("set", name, value))
        assert np.abs(shown.astype(int) - picture).max() <= 1
    assert conditional.say("fan", name="heel", values=[1], generation=8) == []


def test_a_hand_waits_for_few_pictures_made_ahead(conditional):
    values = [v / 10 for v in range(-30, 31)]
    answer, buffers = conditional.say("fan", name="light", values=values, generation=1)[
        -1
    ]
    assert len(answer["values"]) == len(buffers[0]) // 784 <= 8


def test_the_sheet_under_the_pad_shows_where_the_dot_can_go(conditional):
    conditional.steps(("set", "class", 0), ("set", "seed", 5), ("set", "light", 2))
    answer, buffers = conditional.say("sheet", names=["sleeve", "light"])[-1]
    rows = np.frombuffer(buffers[0], np.uint8).reshape(5, 5, 28, 28)
    assert answer["names"] == ["sleeve", "light"]
    for place, corner in (((0, 0), (-3, 3)), ((1, 4), (3, 1.5)), ((4, 2), (0, -3))):
        moves = zip(("sleeve", "light"), corner)
        _, shown = conditional.steps(*[("set", *move) for move in moves])
        assert np.abs(shown.astype(int) - rows[place]).max() <= 1
    assert conditional.say("sheet", names=["sleeve", "light"]) == []  # still the same
    conditional.steps(("set", "seed", 6))
    assert conditional.say("sheet", names=["sleeve", "light"])
    assert conditional.say("sheet", names=["sleeve", "heel"]) == []  # not of this class


def test_looking_leaves_the_picture_and_an_unchanged_strip_is_not_sent_again(plain):
    _, before = plain.steps(("set", "seed", 3))
    assert (plain.steps(("look", "principal 1"))[1] == before).all()
    assert plain.say("rest")[-1][0]["strip"]
    plain.steps(("set", "principal 1", 2.0))  # along the strip: it stays the same
    assert plain.say("rest")[-1][0]["strip"] is None
    plain.steps(("set", "principal 2", 2.0))
    assert plain.say("rest")[-1][0]["strip"]["name"] == "principal 2"
    plain.say("hello")  # a new page has seen nothing yet
    assert plain.say("rest")[-1][0]["strip"]


def test_the_classifier_says_what_it_sees():
    generator = load_generator("explorer_unconditional")
    picture = generator(noise(64, 0)[None])
    guess = CLASSES[feature_network()(picture).argmax()]
    seen = Listener(generator).say("rest")[-1][0]["seen"]
    assert seen.startswith(f"Our classifier sees: {guess}")
    other = Listener(plain_generator(), names=("cat", "dog"))
    assert other.say("rest")[-1][0]["seen"] == ""


# A thousand moves


def random_step(choose, state):
    name = choose.choice(state.controls())
    whole = {"seed": 9999, "coordinate": state.generator.latent_dim, "class": 9}
    if name == "way":
        return ("set", name, choose.choice(state.space.ways))
    if choose.random() < 0.05:
        return choose.choice([("keep", "A"), ("keep", "B"), ("reset",), ("look", name)])
    if name in whole:
        return ("set", name, choose.randint(0, whole[name]))
    return ("set", name, choose.uniform(-4.5, 4.5))


def test_a_thousand_random_moves_leave_no_error_no_stale_picture_and_no_memory(
    conditional,
):
    choose = random.Random(0)
    explorer = conditional.explorer

    def play(moves):
        for _ in range(moves):
            steps = [
                random_step(choose, explorer.state) for _ in range(choose.randint(1, 3))
            ]
            try:
                state, shown = conditional.steps(*steps)
            finally:
                answers, conditional.sent[:] = list(conditional.sent), []
            alarms = [c["text"] for c, _ in answers if c["kind"] == "alarm"]
            assert all("no control" in text for text in alarms)  # gone with its class
            z = explorer.state.point()
            expected = made(explorer.state.generator, z, state["label"])
            assert np.abs(shown.astype(int) - expected).max() <= 1
            assert np.allclose(state["z"], z, atol=6e-4)
            if choose.random() < 0.1:
                assert conditional.say("rest", code=True)
                conditional.sent.clear()

    play(200)
    tracemalloc.start()
    play(100)
    first, _ = tracemalloc.get_traced_memory()
    play(900)
    last, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last - first < 100_000


# Files


def test_the_png_is_the_picture_enlarged_and_says_that_it_is_generated(plain):
    state, shown = plain.steps(("set", "seed", 8))
    answer, buffers = plain.say("file", what="png", scale=4)[-1]
    image = Image.open(io.BytesIO(buffers[0]))
    assert (answer["name"], answer["type"]) == ("generated.png", "image/png")
    assert image.size == (112, 112)
    assert (np.asarray(image)[::4, ::4] == shown).all()
    assert (np.asarray(image)[3::4, 2::4] == shown).all()
    assert "Generated by a neural network" in image.text["Description"]


def test_the_gif_goes_from_a_to_b_and_back(plain):
    ends = []
    for name, seed in (("A", 3), ("B", 6)):
        ends.append(plain.steps(("set", "seed", seed), ("keep", name))[1])
    answer, buffers = plain.say("file", what="gif", scale=1)[-1]
    image = Image.open(io.BytesIO(buffers[0]))
    frames = []
    for i in range(image.n_frames):
        image.seek(i)
        frames.append(np.asarray(image.convert("L")).astype(int))
    assert answer["name"] == "journey.gif"
    assert len(frames) == 46
    assert np.abs(frames[0] - ends[0]).max() <= 1
    assert np.abs(frames[23] - ends[1]).max() <= 1
    assert np.abs(frames[1] - frames[45]).max() <= 1
    assert b"Generated by a neural network" in buffers[0]


def test_files_are_asked_for_in_known_sizes(plain):
    plain.say("file", what="png", scale=5000)
    assert "enlargement" in plain.last("alarm")[0]["text"]


def run_code(code, folder):
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=100)
    return np.asarray(Image.open(folder / "picture.png"))


def test_the_code_runs_as_pasted_and_makes_exactly_the_picture(tmp_path):
    listener = Listener(load_generator("explorer_unconditional"))
    _, shown = listener.steps(
        ("set", "seed", 12), ("set", "truncation", 0.8), ("set", "principal 1", 1.3)
    )
    code = listener.say("rest", code=True)[-1][0]["code"]
    assert (run_code(code, tmp_path) == shown).all()
    answer, buffers = listener.say("file", what="py", scale=8)[-1]
    assert answer["name"] == "make_picture.py"
    assert buffers[0].decode() == code


def test_the_code_of_ones_own_conditional_checkpoint(tmp_path):
    card = {"network": "ConditionalGenerator", "latent_dim": 8, "width": 8}
    save_checkpoint(conditional_generator(), "mine", card, folder=tmp_path)
    path = tmp_path / "mine.safetensors"
    listener = Listener(load_generator(path))
    _, shown = listener.steps(("set", "class", 7), ("set", "closed form 2", -2))
    assert (run_code(listener.explorer.code(), tmp_path) == shown).all()


def test_the_code_for_a_network_of_the_notebook_uses_its_generator(
    plain, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    _, shown = plain.steps(("set", "seed", 21))
    exec(plain.explorer.code(), {"generator": plain_generator().train()})
    assert (np.asarray(Image.open(tmp_path / "picture.png")) == shown).all()


def encoded(array, kind="PNG", mode=None):
    buffer = io.BytesIO()
    Image.fromarray(array, mode).save(buffer, kind)
    return buffer.getvalue()


def test_an_uploaded_picture_is_framed_as_in_the_data():
    photo = np.full((300, 400, 3), 250, np.uint8)
    photo[100:200, 50:250] = (30, 60, 20)  # a dark block on white, off the middle
    found = files.uploaded(encoded(photo, "JPEG"))
    assert found.shape == (1, 28, 28)
    assert found.min() == -1
    lit = (found[0] > 0).nonzero()
    assert lit.min(0).values.tolist() == [7, 0]  # twice as wide as high, and centred
    assert lit.max(0).values.tolist() == [20, 27]


def test_transparent_parts_are_background():
    photo = np.zeros((100, 100, 4), np.uint8)
    photo[20:80, 40:60] = (0, 0, 0, 255)
    found = files.uploaded(encoded(photo))
    assert (found[0, :, 14] > 0.5).all()
    assert (found[0, :, 0] == -1).all()


def test_a_picture_of_the_data_set_comes_back_unchanged():
    picture = fashion_mnist("test")[0][1]
    found = files.uploaded(encoded(picture[0].numpy()))
    torch.testing.assert_close(found, picture / 127.5 - 1)
    negative = files.uploaded(encoded(255 - picture[0].numpy()))
    torch.testing.assert_close(negative, found)


def deep(kind, top, flipped=False):
    """A dark block on a light ground, of 16 or 32 bits."""
    values = np.full((60, 80), top)
    values[20:40, 30:60] = 0
    values = (top - values if flipped else values).astype(kind)
    buffer = io.BytesIO()
    how = {"tiffinfo": {262: 0}} if flipped else {}
    Image.fromarray(values).save(buffer, "TIFF" if flipped else "PNG", **how)
    return buffer.getvalue()


@pytest.mark.parametrize("top", [1023, 4095, 65_535])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_deep_picture_is_read_as_a_folder_reads_it(top, flipped):
    found = files.uploaded(deep(np.uint16, top, flipped))
    plain = files.uploaded(encoded(np.frombuffer(
        np.where(np.pad(np.ones((20, 30)), ((20, 20), (30, 20))), 0, 255).astype("u1"),
        np.uint8).reshape(60, 80)))  # fmt: skip
    assert (found - plain).abs().max() < 0.05


def test_of_a_phones_file_the_first_frame_is_taken():
    photo = np.full((300, 400, 3), 250, np.uint8)
    photo[100:200, 50:250] = (30, 60, 20)
    buffer = io.BytesIO()
    other = Image.new("RGB", (400, 300))
    Image.fromarray(photo).save(buffer, "MPO", save_all=True, append_images=[other])
    found = files.uploaded(buffer.getvalue())
    assert (found - files.uploaded(encoded(photo, "JPEG"))).abs().max() < 0.05


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICO"])
def test_other_kinds_than_a_folder_takes_are_refused(kind):
    with pytest.raises(
        ValueError, match="no picture that can be used: it is no picture"
    ):
        files.uploaded(encoded(np.zeros((40, 40, 3), np.uint8), kind))


def test_a_decoder_that_raises_anything_is_told(plain, monkeypatch):
    def odd(*_, **__):
        raise RecursionError("of a decoder")

    monkeypatch.setattr(Image, "open", odd)
    plain.say("target", [b"x"], source="file")
    assert "damaged" in plain.last("alarm")[0]["text"]


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "no picture"), (giant_png(50_000, 50_000), "pixels"),
     (giant_png(13_400, 13_400), "pixels"), (giant_png(2_000_000_000, 2), "pixels"),
     (encoded(np.zeros((40, 40, 4), np.uint8)), "transparent"),
     (b"%PDF-1.7\n", "PDF"), (b"<svg xmlns=''/>", "SVG"), (b"GIF89a nonsense", "no picture"), (b"\0" * 20_000_001, "20 MB"),
     (encoded(np.full((40, 40), 9, np.uint8)), "one grey"),
     (encoded(np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8))[:900], "no picture"),
     (encoded(np.zeros((8000, 8000), np.uint8)), "50 million")],
    ids=["empty", "giant", "bomb", "wide", "clear", "pdf", "svg", "nonsense", "large", "grey", "cut", "many pixels"],
)  # fmt: skip
def test_a_file_that_cannot_be_used_gets_one_sentence(plain, content, word):
    plain.say("target", [content], source="file")
    text = plain.last("alarm")[0]["text"]
    assert word in text
    assert text.count(".") == 1
    assert plain.explorer.search.target is None


# Searches


def test_inverting_what_is_held_finds_it_again():
    listener = Listener(load_generator("explorer_unconditional"))
    _, held = listener.steps(("set", "seed", 9))
    listener.say("target", source="shown")
    assert listener.last("target")[0]["real"] is False
    listener.steps(("set", "seed", 30))
    listener.say("invert")
    progress, buffers = listener.last("progress")
    assert progress["how"] == "found"
    assert progress["levels"] < 8
    found = np.frombuffer(buffers[0], np.uint8).reshape(28, 28).astype(int)
    off = ((found - held) ** 2).mean() ** 0.5
    assert progress["levels"] == pytest.approx(off, abs=0.6)
    state, now = listener.last("state")
    assert "the nearest to the picture held" in state["sentence"]
    assert np.abs(np.frombuffer(now[0], np.uint8).reshape(28, 28) - found).max() <= 3


def test_a_test_picture_a_drawing_and_a_file_can_be_targets(conditional):
    conditional.explorer.invert("test", 17)
    pixels = fashion_mnist("test")[0][17].numpy().tobytes()
    content, buffers = conditional.last("target")
    assert (content["origin"], content["real"]) == ("test picture 17", True)
    assert buffers[0] == pixels
    assert "the nearest to test picture 17" in conditional.last("state")[0]["sentence"]
    conditional.say("target", [pixels], source="drawn")
    assert conditional.last("target")[1][0] == pixels
    upload = encoded(fashion_mnist("test")[0][2, 0].numpy())
    conditional.say("target", [upload], source="file")
    assert conditional.last("target")[0]["origin"] == "your file"


@pytest.mark.parametrize(
    ("source", "more", "buffers"),
    [("drawn", {}, [b"123"]), ("drawn", {}, [bytes(784)]), ("sky", {}, []), ("test", {"number": "x"}, [])],
)  # fmt: skip
def test_nothing_to_find_is_told(plain, source, more, buffers):
    plain.say("target", buffers, source=source, **more)
    assert plain.last("alarm")
    plain.say("invert")
    assert "Choose a picture first" in plain.last("alarm")[0]["text"]


def test_the_kernel_stays_awake_while_it_searches(plain):
    async def scene():
        plain.say("target", source="test", number=4)
        plain.say("invert")
        search = plain.explorer.search
        await asyncio.sleep(0.1)
        assert search.task is not None
        _, shown = plain.steps(("set", "seed", 5))  # answered in between
        assert (shown == plain.explorer.pixels()).all()
        plain.say("stop")
        await asyncio.sleep(0.05)
        assert search.task is None
        assert plain.last("progress")[0]["how"] == "stopped"
        assert plain.explorer.state.seed == 5
        plain.say("invert")
        await asyncio.wait_for(search.task, 60)
        assert plain.last("progress")[0]["how"] == "found"
        assert search.task is None

    asyncio.run(scene())


# The app


@pytest.mark.parametrize("kind", ["DCGANGenerator", "ConditionalGenerator"])
@pytest.mark.parametrize("hashed", [True, False])
def test_a_checkpoint_of_ones_own(tmp_path, kind, hashed):
    network = plain_generator() if kind == "DCGANGenerator" else conditional_generator()
    directions = [
        {
            "name": "heel",
            "low": "flat",
            "high": "high",
            "vector": [1.0] * 8,
            "classes": [9],
        }
    ]
    card = {"network": kind, "latent_dim": 8, "width": 8, "directions": directions}
    save_checkpoint(network, "mine", card, folder=tmp_path)
    if not hashed:
        (tmp_path / "mine.json").write_text(json.dumps(card))
    path = tmp_path / "mine.safetensors"
    loaded = load_generator(path)
    assert type(loaded) is type(network)
    assert all(
        torch.equal(v, network.state_dict()[k]) for k, v in loaded.state_dict().items()
    )
    (direction,) = shipped_directions(path)
    assert direction.classes == (9,)
    assert torch.equal(direction.vector, torch.ones(8))


def spoil(tmp_path, how):
    card = {"network": "DCGANGenerator", "latent_dim": 8, "width": 8}
    save_checkpoint(plain_generator(), "mine", card, folder=tmp_path)
    weights, text = tmp_path / "mine.safetensors", tmp_path / "mine.json"
    card = json.loads(text.read_text())
    if how == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "cut, no hash":
        weights.write_bytes(weights.read_bytes()[:-100])
        del card["sha256"]
    elif how == "foreign":
        weights.write_bytes(b"PK\x03\x04 a pickle, say")
        del card["sha256"]
    elif how == "other width":
        card["width"] = 9
    elif how == "network":
        card["network"] = "StyleGAN"
    elif how == "size":
        card["latent_dim"] = "many"
    text.write_text(
        "{" if how == "json" else "[]" if how == "list" else json.dumps(card)
    )
    if how == "no card":
        text.unlink()
    if how == "no weights":
        weights.unlink()
    return weights


SPOILT = {"cut": "SHA-256", "cut, no hash": "does not fit", "foreign": "does not fit",
          "other width": "does not fit", "network": "'StyleGAN'", "size": "'many'",
          "json": "not JSON", "list": "no card", "no card": "missing", "no weights": "missing"}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_a_damaged_or_foreign_file_gets_one_sentence(tmp_path, capsys, how):
    path = spoil(tmp_path, how)
    assert serve.main([str(path)]) == 1
    said = capsys.readouterr().err
    assert SPOILT[how] in said
    assert str(tmp_path / "mine") in said
    assert said.count("\n") == 1
    assert "Traceback" not in said


def test_the_server_listens_on_this_machine_and_puts_idle_kernels_away(tmp_path):
    notebook = serve.write_app(tmp_path, "explorer_unconditional")
    line = serve.command(notebook, 8000, False, "secret")
    assert "--Voila.ip=127.0.0.1" in line
    assert "--token=secret" in line
    assert "--MappingKernelManager.cull_idle_timeout=600" in line
    cell = json.loads(notebook.read_text())["cells"][0]
    exec("".join(cell["source"]), {})


def test_a_port_that_is_taken_is_left_alone():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert serve.free_port(taken) != taken
    assert serve.free_port(taken) == taken


@pytest.mark.parametrize(
    "words",
    [["--port", "99999"], ["--port", "0"], ["--port=x"], [""], ["--por", "8000"]],
)
def test_a_bad_option_gets_a_sentence(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        serve.main(words)
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_is_meant_from_where_the_command_was_called(tmp_path, monkeypatch):
    spoil(tmp_path, "none")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    served = []
    monkeypatch.setattr(serve, "serve", lambda *options: served.append(options[0]))
    for word in ("mine.safetensors", "./mine.safetensors", "~/mine.safetensors"):
        serve.main([word])
    assert served == [tmp_path / "mine.safetensors"] * 3


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_the_server_and_its_files_can_be_written(tmp_path, name):
    line = [
        sys.executable, "-c",
        "import os, sys; print(os.getpid(), os.environ['JUPYTER_RUNTIME_DIR'], "
        "os.environ['IPYTHONDIR'], os.getcwd(), flush=True); sys.stdin.read()",
    ]  # fmt: skip
    code = (
        "import sys\nfrom gan_utils.widgets.explorer import serve\n"
        f"sys.exit(serve.run({line!r}, {str(tmp_path)!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env={**os.environ, "JUPYTER_RUNTIME_DIR": "/proc/nowhere"},
    )  # fmt: skip
    number, *places = process.stdout.readline().split()
    assert all(place.startswith(str(tmp_path)) for place in places)
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, name)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


def test_the_default_is_a_generator_with_names():
    assert shipped_directions(serve.DEFAULT)
    assert load_generator(serve.DEFAULT).classes == 10


# The page without a kernel


def test_the_still_picture_shows_the_explorer(conditional, monkeypatch):
    from gan_utils.widgets import frame

    shown = []
    monkeypatch.setattr(frame, "display", lambda data, raw: shown.append(data))
    conditional.explorer.show()
    assert 'alt="The latent explorer' in shown[0]["text/html"]
    assert "pixelated" in shown[0]["text/html"]
    assert len(shown[0]["text/html"]) < 60_000


def test_the_compact_explorer_is_the_same_but_smaller():
    assert Explorer(plain_generator(), compact=True).view.config["compact"]
    config = Explorer(conditional_generator(), NAMED).view.config
    assert not config["compact"]
    assert config["classes"][9] == "ankle boot"
    json.dumps(config)


def test_a_copied_state_is_independent():
    state = State(plain_generator())
    twin = state.copy()
    twin.set("principal 1", 2.0)
    twin.set("value", 3.0)
    twin.keep("A")
    assert state.values == {}
    assert state.shift.abs().sum() == 0
    assert not torch.equal(state.ends["A"][0], twin.ends["A"][0])
