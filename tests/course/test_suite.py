"""Which tests a word or a change selects."""

import pytest

from course import suite


def names(paths):
    return {path.name for path in paths}


def test_words_name_lessons_and_files_of_tests():
    lesson = {"05_dcgan.ipynb", "test_exercises.py"}
    assert names(suite.named(["5"])) == lesson
    assert names(suite.named(["05", "05_dcgan", "dcgan"])) == lesson
    assert names(suite.named(["losses"])) == {"test_losses.py"}
    assert "test_fit.py" in names(suite.named(["engine"]))


@pytest.mark.parametrize("word", ["99", "nothing_like_it", "1x"])
def test_a_word_that_names_nothing_is_refused(word):
    with pytest.raises(SystemExit, match=word):
        suite.named([word])


@pytest.mark.parametrize(
    ("file", "reached", "spared"),
    [
        ("gan_utils/losses.py", "test_losses.py 01_minimax_loss.ipynb test_playground.py", "test_toy.py test_folder.py"),
        ("gan_utils/ads/clicks/log.py", "16_personalised_ads.ipynb test_ad_picker.py", "15_creative_generation.ipynb test_try_on.py"),
        ("gan_utils/widgets/explorer/explorer.css", "test_explorer.py test_explorer_lab.py 11_latent_space.ipynb", "test_playground.py"),
        ("course/checks/lesson_05.py", "05_dcgan.ipynb test_exercises.py", "06_losses_and_penalties.ipynb"),
        ("tests/course/mutants/mutants_05.py", "test_exercises.py", "05_dcgan.ipynb"),
        ("tests/tiny_runs.py", "test_fit.py test_loop.py", "test_losses.py"),
        ("tests/core/test_toy.py", "test_toy.py", "test_losses.py"),
    ],
)  # fmt: skip
def test_a_change_reaches_what_depends_on_it(file, reached, spared):
    found = names(suite.concerned([file]))
    assert set(reached.split()) <= found
    assert found.isdisjoint(spared.split())


@pytest.mark.parametrize("file", ["pyproject.toml", "data/fashion-mnist/LICENSE"])
def test_what_everything_stands_on_reaches_everything(file):
    assert names(suite.concerned([file])) == {"notebooks", "tests"}
