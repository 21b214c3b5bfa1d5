"""`environment.yml` says in the words of conda what `pyproject.toml` says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "osmium": "pyosmium",
    "playwright": "playwright-python",
}
ONLY_ON_PYPI = {"pyvrp", "xstatic-leaflet", "zhplot"}
REQUIREMENT = re.compile(r"([a-z0-9][a-z0-9.-]*) ?((?:[<>=!~]=?[0-9][0-9.]*,?)*)")


def parse(text: str) -> dict[str, list[str]]:
    """
    Read the little YAML that the file is allowed: keys, one-line values and lists of plain items.

    The list below `- pip:` comes under "pip"; anything else is an error.
    """
    found: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if top := re.fullmatch(r"([a-z]+):(?: (\S+))?", line):
            key = top[1]
            assert key not in found, f"{key} stands there twice"
            found[key] = [top[2]] if top[2] else []
        elif line == "  - pip:":
            assert key == "dependencies"
            key = "pip"
            found[key] = []
        elif item := re.fullmatch(r"(  |      )- ([^\s#:'\"][^#:'\"]*)", line):
            assert item[1] == ("      " if key == "pip" else "  "), f"indentation of: {line}"
            found[key].append(item[2])
        else:
            raise ValueError(f"not understood: {line}")
    return found


def ranges(requirements: list[str]) -> dict[str, str]:
    """Split requirements into names and ranges; a name may stand there once."""
    found: dict[str, str] = {}
    for requirement in requirements:
        match = REQUIREMENT.fullmatch(requirement)
        assert match, f"neither conda nor pip would read: {requirement}"
        assert match[1] not in found, f"{match[1]} stands there twice"
        found[match[1]] = match[2]
    return found


@pytest.fixture(scope="module")
def environment() -> dict[str, list[str]]:
    return parse((ROOT / "environment.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def declared() -> dict[str, str]:
    """Names and ranges of what is needed to use kepu and to work on it, on any platform."""
    every = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    return ranges([one for one in every if ";" not in one])


def test_conda_forge_comes_first(environment: dict[str, list[str]]) -> None:
    assert environment["name"] == ["kepu"]
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_from_conda(environment: dict[str, list[str]], declared: dict[str, str]) -> None:
    python = PROJECT["project"]["requires-python"]
    expected = {
        CONDA_NAMES.get(name, name): declared[name] for name in set(declared) - ONLY_ON_PYPI
    }
    assert ranges(environment["dependencies"]) == {"python": python, "pip": "", **expected}


def test_from_pypi(environment: dict[str, list[str]], declared: dict[str, str]) -> None:
    *requirements, itself = environment["pip"]
    assert ranges(requirements) == {name: declared[name] for name in ONLY_ON_PYPI}
    assert itself == "--editable ."


def test_renamed_packages_are_still_needed(declared: dict[str, str]) -> None:
    assert set(CONDA_NAMES) | ONLY_ON_PYPI <= set(declared)


@pytest.mark.parametrize(
    "text",
    [
        "name: kepu\nname: other\n",
        "dependencies:\n    - numpy\n",
        "dependencies:\n  - pip:\n  - numpy\n",
        "dependencies: [numpy]\n  numpy\n",
        "dependencies:\n  - 'numpy'\n",
    ],
)
def test_the_parser_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        parse(text)


def test_the_parser_reads_lists_and_comments() -> None:
    text = "# why\nname: a\ndependencies:\n  # those\n  - b >=1,<2\n  - pip:\n      - c>=3\n"
    assert parse(text) == {"name": ["a"], "dependencies": ["b >=1,<2"], "pip": ["c>=3"]}


@pytest.mark.parametrize("text", ["numpy >>2", "numpy =", "Numpy", "numpy 2"])
def test_ranges_refuse_what_conda_would_not_read(text: str) -> None:
    with pytest.raises(AssertionError):
        ranges([text])
