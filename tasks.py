"""
Set up, try and test kepu with nothing but Python 3.11 or later: `python tasks.py demo`.

A virtual environment is made in `.venv` beside this file, by uv where it is at hand and by venv and
pip elsewhere. It is made again when `pyproject.toml`, the version of Python or the place of this
folder has changed, and left alone otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = ".venv/kepu.stamp"
OLDEST_PYTHON = (3, 11)
FIRST_PYTHON_TOO_NEW = (3, 15)
TEST_PROCESSES = 2
COVERED = (
    ["--include=geo/*", "--fail-under=95"],
    ["--include=coverage/*", "--omit=coverage/siting/*", "--fail-under=95"],
    ["--include=coverage/siting/*", "--fail-under=95"],
)
"""What is judged: each part by itself."""
COVER_EXAMPLES = "0.1"
"""Of the examples of each property: others take the same branches."""
COVER_LEAVES_OUT = (
    "appendix", "attack", "bench", "cache", "cli", "control", "cover_task", "demand",
    "district", "environment", "features", "figures", "folder", "geocode*", "illustrative",
    "inputs", "layout", "map*", "mutation", "page*", "plan", "population", "report", "starter",
    "study_file", "tables", "tasks", "towns", "venues", "whatif_browser", "whatif_use",
    "workbooks", "zoo",
)  # fmt: skip
"""Tests of what is not in those folders."""
COVER_KERNELS = (
    "cells.py", "contraction.py", "grid.py", "snap.py",
    "engines.py::test_sweeps_equal_scipy",
    "engines.py::test_a_bounded_bucket_search_is_the_full_one_filtered",
    "engines.py::test_nearest_is_the_lowest_number_of_the_nearest",
    "engines.py::test_contracting_chains_changes_no_time",
    "engines.py::test_sweeps_leave_no_trace_on_what_they_share",
    "sites.py::test_the_search_for_large_problems_equals_brute_force",
    "sites.py::test_maximal_covering_equals_brute_force",
    "sites.py::test_set_covering_equals_brute_force",
    "sites.py::test_median_equals_brute_force",
    "sites.py::test_spaced_medians_and_centers_equal_brute_force",
    "siting_kernels.py",
)  # fmt: skip
"""Small tests of kernels, run with none compiled: coverage does not see into machine code."""
BENCH_VENV = ROOT / ".bench-venv"
PEERS = ROOT / "benchmarks" / "peers.txt"
BENCH_PYTHONS = ("python3.12", "python3.13", "python3.14")
"""Wheels of osrm-bindings and of recent pyvalhalla begin with 3.12."""

DESCRIPTION = """\
demo   分析示意数据，给出一张离线地图     analyse the illustrative study, make an offline map
test   代码检查和测试                     check the code and run the tests
lint   只做代码检查                       check the code only
cover  测试走到的分支                     which branches the tests take
bench  与其他软件比速度                   race against other software
setup  只安装                             install only
"""
OFFLINE = """\
无网络时，先在联网且系统与 Python 版本相同的电脑上
Without a network: first, on a connected computer of the same kind and version of Python,
    python -m pip wheel --wheel-dir DIR . "setuptools>=77"
再 then
    python tasks.py demo --wheelhouse DIR
"""


class TaskError(Exception):
    """What the user has to mend, in Chinese and English."""


def say(chinese: str, english: str) -> None:
    """Tell what happens, beside the results and not among them."""
    print(f"{chinese}\n{english}", file=sys.stderr, flush=True)


def venv_program(venv: Path, name: str, platform: str) -> Path:
    """Return where a program of a virtual environment lies on a platform (`sys.platform`)."""
    return venv / "Scripts" / f"{name}.exe" if platform == "win32" else venv / "bin" / name


def python_in(venv: Path) -> Path:
    """Return the Python of a virtual environment on this computer."""
    return venv_program(venv, "python", sys.platform)


def require_python(version: tuple[int, int]) -> None:
    """
    Refuse a Python that kepu does not run on.

    Raises
    ------
    TaskError
        The version is too old or not tried yet.
    """
    if not OLDEST_PYTHON <= version < FIRST_PYTHON_TOO_NEW:
        found, oldest = (".".join(map(str, pair)) for pair in (version, OLDEST_PYTHON))
        newest = f"{FIRST_PYTHON_TOO_NEW[0]}.{FIRST_PYTHON_TOO_NEW[1] - 1}"
        raise TaskError(
            f"需要 Python {oldest} 至 {newest}，现在是 {found}。请安装后重试。\n"
            f"Python {oldest} to {newest} is needed, this is {found}. Install one and try again."
        )


def version_of(python: Path) -> tuple[int, int] | None:
    """Ask a Python for its version; None if it is missing or broken."""
    ask = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True)
    except OSError:
        return None
    if answer.returncode != 0:
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def stamp_text(group: str, version: tuple[int, int], root: Path) -> str:
    """
    Return what the stamp of a finished installation says.

    `group` is "run" for using kepu or "dev" for working on it; `version` is that of Python; `root`
    is the folder of the project, to which an editable installation points.
    """
    pyproject = (root / "pyproject.toml").read_bytes()
    cause = hashlib.sha256(repr((pyproject, version, str(root))).encode()).hexdigest()
    return f"{cause}\n{group}\n"


def is_ready(group: str, version: tuple[int, int], root: Path) -> bool:
    """Return whether the installation is there; one for "dev" will do for "run"."""
    stamp = root / STAMP
    found = stamp.read_text("utf-8") if stamp.is_file() else ""
    return found in [stamp_text(one, version, root) for one in {group, "dev"}]


def dev_requirements() -> list[str]:
    """Read the dependency group `dev`, which pip itself only knows since 25.1."""
    import tomllib  # not before the version of Python is known to have it

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    requirements: list[str] = declared["dependency-groups"]["dev"]
    return requirements


def source_options(wheelhouse: Path | None, index: str | None) -> list[str]:
    """Return the options, common to pip and uv, that say where packages come from."""
    offline = ["--no-index", "--find-links", str(wheelhouse.resolve())] if wheelhouse else []
    return offline + (["--index-url", index] if index else [])


def make_commands(
    uv: str | None, venv: Path, wanted: Iterable[str], base: str = sys.executable
) -> list[list[str]]:
    """
    Return the commands that make an environment, which may exist, and install into it.

    `uv` is its path, None for venv and pip; `wanted` are the options and requirements to install;
    `base` is the Python to make it from.
    """
    python = str(python_in(venv))
    if uv:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", base, str(venv)]
        install = [uv, "pip", "install", "--python", python, *wanted]
    else:
        make = [base, "-m", "venv", str(venv)]
        install = [python, "-m", "pip", "install", "--disable-pip-version-check", *wanted]
    return [make, install]


def run(
    command: Sequence[str | Path], folder: Path = ROOT, more: Mapping[str, str] | None = None
) -> int:
    """Run a command in a folder, with more in its environment, and return its exit code."""
    environment = {**os.environ, **(more or {})}
    return subprocess.run(command, cwd=folder, env=environment).returncode


def install(group: str, sources: Sequence[str]) -> None:
    """
    Make or renew `.venv` for `group` unless it is as it should be.

    Raises
    ------
    SystemExit
        With the exit code of the command that failed.
    """
    version = sys.version_info[:2]
    found = version_of(python_in(VENV))
    if found == version and is_ready(group, version, ROOT):
        return
    say(
        "正在准备运行环境，首次约需一两分钟……",
        "Setting up the environment; the first time takes a minute or two...",
    )
    if VENV.exists() and found != version:
        shutil.rmtree(VENV)
    (ROOT / STAMP).unlink(missing_ok=True)
    extra = dev_requirements() if group == "dev" else []
    wanted = [*sources, "--editable", str(ROOT), *extra]
    for command in make_commands(shutil.which("uv"), VENV, wanted):
        code = run(command)
        if code != 0:
            say(
                "安装失败，原因见上。网络不通时可用 --index 换镜像，或用 --wheelhouse 离线安装。",
                "Setting up failed, see above. Without a good network try --index or --wheelhouse.",
            )
            raise SystemExit(code)
    (ROOT / STAMP).write_text(stamp_text(group, version, ROOT), "utf-8")


def module(name: str, *arguments: str | Path) -> list[str | Path]:
    """Return the command that runs a module of the environment, not one of the present folder."""
    return [python_in(VENV), "-P", "-m", name, *arguments]


def type_check() -> int:
    """
    Check the types and return the exit code.

    mypy names our modules after the folder of the checkout and refuses one that is no Python name
    ("kepu-main"); there it reads a copy under the right name.
    """
    if ROOT.name.isidentifier():
        return run(module("mypy"))
    copy = ROOT / "build" / "types" / "kepu"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for source in ROOT.glob("*.py"):
        if source.name != Path(__file__).name:
            shutil.copy(source, copy)
    for folder in ("geo", "layers", "coverage", "maps"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    configuration = ("--config-file", ROOT / "pyproject.toml")
    return run(module("mypy", *configuration, "-p", "kepu"), copy.parent)


def check_scripts() -> int:
    """Check the scripts of the page by `biome.json`, where their linter can be installed."""
    linter = venv_program(VENV, "biome", sys.platform)
    return run([linter, "lint", "--error-on-warnings"]) if linter.is_file() else 0


def lint() -> int:
    """Check style, format, types and scripts; return the first exit code that is not 0."""
    codes = [
        run(module("ruff", "check", ".")),
        run(module("ruff", "format", "--check", ".")),
        type_check(),
        check_scripts(),
    ]
    return next((code for code in codes if code != 0), 0)


def pytest_arguments(slow: bool, only_slow: bool, extra: Sequence[str]) -> list[str]:
    """Return the arguments of pytest; those of the user come last and win."""
    chosen = ["-m", "slow"] if only_slow else ["-m", ""] if slow else []
    return ["-n", str(TEST_PROCESSES), *chosen, *extra]


def test(slow: bool, only_slow: bool, extra: Sequence[str]) -> int:
    """Check the code and run the tests; `only_slow` leaves out the checks."""
    checked = 0 if only_slow else lint()
    tested = run(module("pytest", *pytest_arguments(slow, only_slow, extra)))
    if checked != 0:
        say("代码检查未通过，见上。", "The code checks failed, see above.")
    return checked or tested


def cover() -> int:
    """
    Report the branches of `COVERED` that the tests take; not 0 if they are too few.

    Kernels are compiled anew in a folder of their own: what compiles them is code of ours too.
    """
    left_out = [f"--ignore-glob=tests/test_{name}.py" for name in COVER_LEAVES_OUT]
    kernels = [f"tests/test_{name}" for name in COVER_KERNELS]
    options = ["-n", str(TEST_PROCESSES), "-q", "--cov", "--cov-report="]
    with tempfile.TemporaryDirectory() as folder:
        small = {"KEPU_EXAMPLES": COVER_EXAMPLES, "NUMBA_CACHE_DIR": folder}
        plain = {**small, "NUMBA_DISABLE_JIT": "1"}
        codes = [
            run(module("pytest", *options, *left_out), more=small),
            run(module("pytest", *options, "--cov-append", *kernels), more=plain),
        ]
    codes += [run(module("coverage", "report", *part)) for part in COVERED]
    return next((code for code in codes if code != 0), 0)


def demo(out: Path) -> int:
    """Analyse the illustrative study and say where the map lies."""
    code = run(module("kepu", "demo", "--out", out))
    page = out / "map.html"
    if code != 0:
        return code
    if not page.is_file():
        raise TaskError(f"没有生成地图：{page}\nNo map was made: {page}")
    say("地图已生成，请用浏览器打开：", "The map is ready, open it in a browser:")
    print(page, flush=True)
    return 0


def bench_python() -> str:
    """
    Return the Python for the environment of `bench`: 3.12 or later where there is one.

    Each on the PATH is asked for its version: the first by a name may be a shim that leads nowhere.
    """
    if sys.version_info[:2] >= (3, 12):
        return sys.executable
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for name in BENCH_PYTHONS:
        for folder in folders:
            path = shutil.which(name, path=folder)
            version = version_of(Path(path)) if path else None
            if path and version and (3, 12) <= version < FIRST_PYTHON_TOO_NEW:
                return path
    return sys.executable


def requirements(text: str) -> list[str]:
    """Return the requirements of a list, one a line, without its remarks."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def install_peers(sources: Sequence[str]) -> list[str]:
    """
    Make `.bench-venv`: kepu and what it is measured against; return the peers that do not install.

    They are installed together, and if that fails one by one.

    Raises
    ------
    SystemExit
        kepu itself does not install.
    """
    base, peers = bench_python(), requirements(PEERS.read_text("utf-8"))
    cause = repr((PEERS.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), base, str(ROOT)))
    stamp, wanted = BENCH_VENV / "kepu.stamp", hashlib.sha256(cause.encode()).hexdigest()
    if stamp.is_file():
        found, *missing = stamp.read_text("utf-8").splitlines()
        if found == wanted:
            return missing
    say("正在安装对比用的软件……", "Installing what to race against...")
    uv, own = shutil.which("uv"), ["--editable", str(ROOT)]
    make, together = make_commands(uv, BENCH_VENV, [*sources, *own, *peers], base)
    if run(make) != 0:
        raise SystemExit(1)
    missing = []
    if run(together) != 0:
        code = run(make_commands(uv, BENCH_VENV, [*sources, *own], base)[1])
        if code != 0:
            raise SystemExit(code)
        for peer in peers:
            if run(make_commands(uv, BENCH_VENV, [*sources, peer], base)[1]) != 0:
                missing.append(peer)
    stamp.write_text("\n".join([wanted, *missing]) + "\n", "utf-8")
    return missing


def bench(quick: bool, only: Sequence[str], sources: Sequence[str]) -> int:
    """Run the benchmarks; they write `benchmarks/results.json` and `docs/performance.md`."""
    missing = install_peers(sources)
    report = ROOT / "benchmarks" / "report.py"
    options = [*["--quick"] * quick, *(["--only", *only] if only else []), "--missing", *missing]
    return run([python_in(BENCH_VENV), report, *options])


def arguments_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    sources = argparse.ArgumentParser(add_help=False)
    sources.add_argument("--wheelhouse", type=Path, metavar="DIR", help="离线安装 install offline")
    sources.add_argument("--index", metavar="URL", help="软件包镜像 take packages from this index")
    parser = argparse.ArgumentParser(
        prog="tasks.py",
        description=DESCRIPTION,
        epilog=OFFLINE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(
        dest="verb", metavar="demo|test|lint|cover|bench|setup", required=True
    )
    demo_verb = verbs.add_parser("demo", parents=[sources], allow_abbrev=False)
    demo_verb.add_argument(
        "--out", type=Path, default=ROOT / "kepu-demo", metavar="DIR", help="结果文件夹 for results"
    )
    test_verb = verbs.add_parser("test", parents=[sources], allow_abbrev=False)
    which = test_verb.add_mutually_exclusive_group()
    which.add_argument("--slow", action="store_true", help="包括慢测试 the slow tests too")
    which.add_argument("--only-slow", action="store_true", help="只做慢测试 only the slow tests")
    verbs.add_parser("lint", parents=[sources], allow_abbrev=False)
    verbs.add_parser("cover", parents=[sources], allow_abbrev=False)
    bench_verb = verbs.add_parser("bench", parents=[sources], allow_abbrev=False)
    bench_verb.add_argument("--quick", action="store_true", help="约一分钟 about a minute")
    bench_verb.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="只运行这些 only these benchmarks"
    )
    setup_verb = verbs.add_parser("setup", parents=[sources], allow_abbrev=False)
    setup_verb.add_argument("--dev", action="store_true", help="包括开发工具 with the dev tools")
    return parser


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; what `test` does not know is left over for pytest."""
    parser = arguments_parser()
    options, extra = parser.parse_known_args(arguments)
    if extra and options.verb != "test":
        parser.error(f"不认识的参数 unknown arguments: {' '.join(extra)}")
    return options, [argument for argument in extra if argument != "--"]


def perform(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code."""
    options, extra = parse(arguments)
    require_python(sys.version_info[:2])
    if options.verb == "bench":
        sources = source_options(options.wheelhouse, options.index)
        return bench(options.quick, options.only, sources)
    dev = options.verb in ("test", "lint", "cover") or (options.verb == "setup" and options.dev)
    install("dev" if dev else "run", source_options(options.wheelhouse, options.index))
    if options.verb == "demo":
        return demo(options.out.resolve())
    if options.verb == "test":
        return test(options.slow, options.only_slow, extra)
    if options.verb == "lint":
        return lint()
    if options.verb == "cover":
        return cover()
    say("已就绪。命令：", "Ready. The command:")
    print(venv_program(VENV, "kepu", sys.platform), flush=True)
    return 0


def main() -> int:
    """Run from the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may not know Chinese
    try:
        return perform(sys.argv[1:])
    except TaskError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("已中断。", "Interrupted.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
