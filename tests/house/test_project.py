"""The files that describe the environment agree with each other and with README."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]


def locked():
    pins = {}
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, version = line.split(";")[0].strip().split("==")
            assert name not in pins
            pins[name] = version
    return pins


@pytest.mark.parametrize("requirement", DIRECT)
def test_every_direct_dependency_is_locked_at_the_same_version(requirement):
    name, version = requirement.split("==")
    assert locked()[name] == version


def test_the_environment_that_runs_this_is_the_locked_one():
    from importlib.metadata import version

    for name, pin in locked().items():
        assert version(name).split("+")[0] == pin, name


def test_environment_yml_takes_everything_from_the_lock():
    text = (ROOT / "environment.yml").read_text()
    low, high = re.search(r">=([\d.]+),<([\d.]+)", PROJECT["requires-python"]).groups()
    assert f"python>={low},<{high}" in text.replace(" ", "")
    assert re.search(r"^\s+- -r requirements\.txt$", text, re.MULTILINE)
    assert re.search(r"^\s+- -e \.", text, re.MULTILINE)
    pinned = re.findall(r"==", text)
    assert not pinned, "versions belong into requirements.txt"


def test_binders_environment_is_the_same_but_for_the_cpu_build():
    def lines(name):
        text = (ROOT / name).read_text()
        return [line for line in text.splitlines() if not line.startswith("#")]

    cpu = "      - --extra-index-url https://download.pytorch.org/whl/cpu"
    ours = [
        line.replace("-r req", "-r ../req").replace("-e .[test]", "-e ..")
        for line in lines("environment.yml")
    ]
    theirs = lines("binder/environment.yml")
    assert cpu in theirs
    assert [line for line in theirs if line != cpu] == ours


def test_run_py_accepts_the_same_pythons():
    text = (ROOT / "run.py").read_text()
    low, high = re.search(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    assert f"OLDEST, NEWEST = (3, {low}), (3, {int(high) - 1})" in text


@pytest.mark.parametrize("requirement", DIRECT)
def test_readme_gives_each_dependency_its_reason(requirement):
    name = requirement.split("==")[0]
    assert re.search(rf"^\| `{name}` \| .{{10,}} \|$", readme(), re.MULTILINE)


def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_and_lesson_0_map_every_lesson():
    start = (ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        assert f"notebooks/{path.name}" in readme()
        assert path.stem[:2] == "00" or path.name in start


def test_links_in_the_documents_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "TEACHING.md", "data/README.md"):
        file = ROOT / name
        for target in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (file.parent / target).exists(), f"{name}: {target}"


def test_the_citation_file_names_the_version():
    text = (ROOT / "CITATION.cff").read_text()
    assert f"version: {PROJECT['version']}" in text
    assert "license: MIT" in text


NAMED_FILE = re.compile(
    r"(?<![\w/.{}])(?:\.\./)?((?:gan_utils|course|tests|benchmarks)/[\w/]+\.(?:py|json|js|css))\b"
)
NAMED_MODULE = re.compile(r"(?<![\w/.])((?:gan_utils|course)(?:\.[a-z_]+)+)")


def lost_names(text):
    """The files and modules of the house that a text names and that are not there."""
    lost = [m[1] for m in NAMED_FILE.finditer(text) if not (ROOT / m[1]).exists()]
    lost = [name for name in lost if "NN" not in name]  # a lesson of any number
    for module in (m[1] for m in NAMED_MODULE.finditer(text)):
        top, first = module.split(".")[:2]
        if not list((ROOT / top).glob(f"{first}*")):
            lost.append(module)
    return lost


def named_in():
    for pattern in ("*.md", "run.py", ".ci/run", "notebooks/*.ipynb", "benchmarks/*.*",
                    "data/**/*.md", "data/checkpoints/*.json", "tests/**/*.py",
                    "gan_utils/**/*.py", "course/**/*.py"):  # fmt: skip
        yield from (p for p in ROOT.glob(pattern) if p.name != "CHANGELOG.md")


def test_whatever_names_a_file_or_a_module_names_one_that_is_there():
    texts = ((path, path.read_text(encoding="utf-8")) for path in named_in())
    own = Path(__file__).resolve()
    found = {
        str(p): lost for p, text in texts if p != own and (lost := lost_names(text))
    }
    assert found == {}


@pytest.mark.parametrize(
    "wrong",
    ["see gan_utils/recipes.py", "`gan_utils.scenes` draws", "tests/test_gpu.py"],
)
def test_a_lost_name_would_be_found(wrong):
    assert lost_names(wrong)
