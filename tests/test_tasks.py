"""`tasks.py` needs nothing but Python, and does what it says."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kepu import tasks

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tasks.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TREE = ast.parse(SCRIPT.read_text("utf-8"))


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script without any installed package."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=60
    )


def test_imports_only_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(TREE):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names


def test_an_old_python_can_read_it_and_hears_why_it_will_not_do() -> None:
    ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 8))
    at_the_top = [node for node in TREE.body if isinstance(node, ast.Import)]
    assert "tomllib" not in {alias.name for node in at_the_top for alias in node.names}
    with pytest.raises(tasks.TaskError, match=r"需要 Python 3\.11 至 3\.14，现在是 3\.10"):
        tasks.require_python((3, 10))


def test_the_versions_of_python_are_those_of_the_project() -> None:
    oldest, too_new = (
        ".".join(map(str, pair)) for pair in (tasks.OLDEST_PYTHON, tasks.FIRST_PYTHON_TOO_NEW)
    )
    assert PROJECT["project"]["requires-python"] == f">={oldest},<{too_new}"
    tasks.require_python((3, 14))
    with pytest.raises(tasks.TaskError):
        tasks.require_python((3, 15))


def test_help_on_bare_python() -> None:
    answer = bare("--help")
    assert answer.returncode == 0
    assert all(verb in answer.stdout for verb in ("demo", "test", "lint", "bench", "setup"))


@pytest.mark.parametrize(
    "arguments", [[], ["map"], ["demo", "--fast"], ["test", "--slow", "--only-slow"]]
)
def test_a_wrong_command_line_sets_nothing_up(arguments: list[str]) -> None:
    answer = bare(*arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "usage:" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "passed_on"),
    [
        (["test"], []),
        (["test", "--slow"], []),
        (["test", "tests/test_tasks.py", "-x"], ["tests/test_tasks.py", "-x"]),
        (["test", "-k", "snap or times", "tests"], ["-k", "snap or times", "tests"]),
        (["test", "--index", "https://example.org", "-n", "0"], ["-n", "0"]),
        (["test", "--slowest", "--", "--slow"], ["--slowest", "--slow"]),
    ],
)
def test_unknown_arguments_of_test_go_to_pytest(arguments: list[str], passed_on: list[str]) -> None:
    assert tasks.parse(arguments)[1] == passed_on


def test_peers_are_ranges_apart_from_the_project() -> None:
    peers = tasks.requirements(tasks.PEERS.read_text("utf-8"))
    assert tasks.requirements("# none\na>=1,<2  # why\n\nb") == ["a>=1,<2", "b"]
    assert all(re.fullmatch(r"[a-z-]+>=[0-9.]+,<[0-9]+", peer) for peer in peers)
    own = {re.split("[<>=]", text)[0] for text in PROJECT["project"]["dependencies"]}
    groups = PROJECT["dependency-groups"]["dev"]
    only_peers = {"igraph", "rustworkx", "networkit", "pandana", "spopt", "pyvalhalla"}
    assert only_peers <= {peer.partition(">")[0] for peer in peers}
    assert not only_peers & (own | {re.split("[<>=]", text)[0] for text in groups})
    assert "/.bench-venv/" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_a_peer_that_does_not_install_is_named_and_the_others_are(tmp_path, monkeypatch) -> None:
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / "peers.txt").write_text("good>=1,<2\nbad>=1,<2\n", "utf-8")
    venv = tmp_path / "venv"
    venv.mkdir()
    done: list[list[str]] = []

    def run(command: list[str]) -> int:
        done.append(command)
        return int("bad>=1,<2" in command)

    for name, value in {
        "ROOT": tmp_path, "PEERS": tmp_path / "peers.txt", "BENCH_VENV": venv, "run": run,
    }.items():  # fmt: skip
        monkeypatch.setattr(tasks, name, value)
    assert tasks.install_peers([]) == ["bad>=1,<2"]
    assert any("good>=1,<2" in command and "bad>=1,<2" not in command for command in done)
    done.clear()
    assert tasks.install_peers([]) == ["bad>=1,<2"]
    assert not done
    monkeypatch.setattr(tasks, "python_in", lambda _: Path("python"))
    assert tasks.bench(True, ["routing"], []) == 1  # our `run` frowns on the name of a bad one
    assert done[-1][2:] == ["--quick", "--only", "routing", "--missing", "bad>=1,<2"]


def test_arguments_of_pytest() -> None:
    assert tasks.pytest_arguments(False, False, ["-x"]) == ["-n", "2", "-x"]
    assert tasks.pytest_arguments(True, False, []) == ["-n", "2", "-m", ""]
    assert tasks.pytest_arguments(False, True, ["-n", "0"]) == ["-n", "2", "-m", "slow", "-n", "0"]


def test_programs_of_an_environment() -> None:
    venv = Path("科普 设施", ".venv")
    assert tasks.venv_program(venv, "python", "win32") == venv / "Scripts" / "python.exe"
    for platform in ("linux", "darwin"):
        assert tasks.venv_program(venv, "python", platform) == venv / "bin" / "python"


def test_where_packages_come_from(tmp_path: Path) -> None:
    wheels = tmp_path / "轮 子"
    offline = ["--no-index", "--find-links", str(wheels)]
    assert tasks.source_options(None, None) == []
    assert tasks.source_options(wheels, None) == offline
    assert tasks.source_options(None, "https://example.org") == [
        "--index-url",
        "https://example.org",
    ]


def test_commands_of_pip_and_uv(tmp_path: Path) -> None:
    python = str(tasks.python_in(tmp_path))
    make, install = tasks.make_commands(None, tmp_path, ["--editable", "."])
    assert make == [sys.executable, "-m", "venv", str(tmp_path)]
    assert install[:4] == [python, "-m", "pip", "install"]
    assert install[-2:] == ["--editable", "."]
    make, install = tasks.make_commands("uv", tmp_path, ["--editable", "."])
    assert make[:2] == ["uv", "venv"]
    assert install == ["uv", "pip", "install", "--python", python, "--editable", "."]


def test_development_requirements_are_those_of_the_project() -> None:
    assert tasks.dev_requirements() == PROJECT["dependency-groups"]["dev"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project file and the stamp of an installation for use only."""
    (tmp_path / "pyproject.toml").write_text("[project]", "utf-8")
    (tmp_path / ".venv").mkdir()
    write_stamp(tmp_path, "run")
    return tmp_path


def write_stamp(root: Path, group: str) -> None:
    (root / tasks.STAMP).write_text(tasks.stamp_text(group, (3, 11), root), "utf-8")


def test_nothing_is_ready_without_a_stamp(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert not tasks.is_ready("run", (3, 11), tmp_path)


def test_an_installation_for_development_will_do_for_use(project: Path) -> None:
    assert tasks.is_ready("run", (3, 11), project)
    assert not tasks.is_ready("dev", (3, 11), project)
    write_stamp(project, "dev")
    assert tasks.is_ready("run", (3, 11), project)
    assert tasks.is_ready("dev", (3, 11), project)


def test_an_installation_is_outdated_by_project_python_and_place(project: Path) -> None:
    assert not tasks.is_ready("run", (3, 12), project)
    moved = project.with_name("moved")
    shutil.copytree(project, moved)
    assert not tasks.is_ready("run", (3, 11), moved)
    (project / "pyproject.toml").write_text("[project]\nname = 'other'", "utf-8")
    assert not tasks.is_ready("run", (3, 11), project)


def test_version_of_a_python(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    assert tasks.version_of(Path(sys.executable)) == sys.version_info[:2]
    assert tasks.version_of(broken) is None


@pytest.mark.slow
def test_set_up_from_nothing_in_a_folder_with_an_awkward_name(tmp_path: Path) -> None:
    copy = tmp_path / "科普 设施 (1)"
    unwanted = shutil.ignore_patterns(
        ".git", ".venv", "build", "*.egg-info", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, copy, ignore=unwanted)
    command = [sys.executable, str(copy / "tasks.py"), "setup"]
    first = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    assert Path(first.stdout.splitlines()[-1]).is_file()
    place = "import kepu, sys; sys.exit(kepu.__path__[0] != sys.argv[1])"
    python = tasks.python_in(copy / ".venv")
    subprocess.run([python, "-P", "-c", place, str(copy)], cwd=tmp_path, check=True)
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert again.stdout == f"{tasks.venv_program(copy / '.venv', 'kepu', sys.platform)}\n"
