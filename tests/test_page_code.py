"""The page's own code: node's tests of it, the linter, and what no script may do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kepu.maps import whatif
from kepu.maps.web import SCRIPTS as OWN_SCRIPTS

HERE = Path(__file__).parent
MAPS = HERE.parent / "maps"
SCRIPTS = (*OWN_SCRIPTS, *whatif.SCRIPTS)
MOST_LINES = 300


def node(*arguments: object) -> str:
    program = shutil.which("node")
    if program is None:
        pytest.skip("no node found")
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_nodes_own_tests_pass() -> None:
    out = node("--test", "--test-reporter=tap", *sorted((HERE / "page").glob("*.test.mjs")))
    assert int(re.search(r"^# pass (\d+)", out, re.MULTILINE)[1]) >= 20
    assert "# fail 0" in out


def test_every_script_of_the_page_is_used_strict_and_short() -> None:
    names = {path.name for path in MAPS.glob("*.js")}
    assert names == set(SCRIPTS)
    for name in SCRIPTS:
        text = (MAPS / name).read_text("utf-8")
        assert text.startswith("/* "), name
        assert "(function (kepu) {\n  'use strict';\n" in text, name
        assert text.endswith("}(window.kepu = window.kepu || {}));\n"), name
        assert len(text.splitlines()) <= MOST_LINES, name
        node("--check", MAPS / name)


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check scripts below a folder that has a `biome.json`."""
    program = Path(sys.executable).with_name("biome")
    if not program.exists():
        pytest.skip("no linter for this platform")
    return subprocess.run(
        [program, "lint", "--error-on-warnings"],
        cwd=folder, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip


def test_scripts_and_their_tests_pass_the_linter() -> None:
    done = linted(HERE.parent)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    files = len(SCRIPTS) + len(list((HERE / "page").glob("*.mjs")))
    assert int(re.search(r"Checked (\d+) files", done.stdout + done.stderr)[1]) >= files


@pytest.mark.parametrize("fault", ["kepu.a = b;", "const unused = 1;", "if (kepu == 1) kepu.x();"])
def test_the_linter_finds_faults(tmp_path: Path, fault: str) -> None:
    (tmp_path / "maps").mkdir()
    shutil.copy(HERE.parent / "biome.json", tmp_path)
    (tmp_path / "maps" / "one.js").write_text(f"(function (kepu) {{ {fault} }}(window.kepu));\n")
    assert linted(tmp_path).returncode == 1


FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
    r"\bfetch\(|XMLHttpRequest|localStorage|setAttribute\('style'|\?\?=|\|\|=|console\."
)


def test_no_script_can_turn_text_into_a_program() -> None:
    """Text enters by `append` and `textContent`; nothing asks the network or keeps secrets."""
    found = {
        name: FORBIDDEN.findall((MAPS / name).read_text("utf-8"))
        for name in SCRIPTS
        if FORBIDDEN.search((MAPS / name).read_text("utf-8"))
    }
    assert found == {}
    assert FORBIDDEN.search("element.innerHTML = text")
