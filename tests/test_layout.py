"""The promises of the layout: who may import whom, what lies where, who may speak."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS = ("geo", "layers", "coverage", "maps")
NOT_SHIPPED = ("tests", "benchmarks", "docs")
SCRIPTS = {"tasks.py"}
GROUND, INPUTS, MEASURES, PICTURES = FOLDERS

MAY_IMPORT = {
    GROUND: set(),
    PICTURES: set(),
    INPUTS: {GROUND},
    MEASURES: {GROUND},
    "folder": {GROUND},
    "siting_keys": set(),
    "touring_keys": set(),
    "study_keys": {GROUND, INPUTS, MEASURES, "siting_keys", "touring_keys"},
    "toml_file": {GROUND},
    "study_file": {GROUND, INPUTS, "study_keys", "toml_file"},
    "inputs": {GROUND, INPUTS, "study_keys"},
    "checks": {GROUND, INPUTS, MEASURES, "study_keys", "inputs"},
    "measures": {GROUND, MEASURES},
    "measures_equity": {MEASURES, "measures"},
    "reach": {GROUND, INPUTS, "study_keys", "inputs"},
    "study": {GROUND, INPUTS, MEASURES, "study_keys", "inputs", "checks", "reach"},
    "assessment": {*{INPUTS, MEASURES, "measures", "measures_equity", "study", "study_keys"}},
    "wording": {MEASURES},
    "results_rows": {"study_keys", "study", "wording"},
    "results_equity": {
        *{"assessment", "measures_equity", "results_rows", "study_keys", "study", "wording"}
    },
    "results_access": {
        *{MEASURES, "assessment", "results_equity", "results_rows", "study_keys", "study"},
        "wording",
    },
    "results": {
        *{"kepu", INPUTS, MEASURES, "assessment", "study_keys", "study"},
        *{"report_public", "results_access", "wording"},
    },
    "atlas_whatif": {
        *{GROUND, INPUTS, MEASURES, PICTURES, "siting_candidates", "study", "study_keys"},
        "atlas_measures",
    },
    "scenario_keys": {"study_keys"},
    "scenario_results": {MEASURES, "scenarios"},
    "scenario_sheets": {
        *{MEASURES, "report_public", "results", "wording", "scenario_file", "scenario_keys"},
        *{"scenario_results", "scenario_roads", "scenarios"},
    },
    "scenario_figures": {MEASURES, PICTURES, "scenario_results", "scenarios"},
    "job": {GROUND, "assessment", "inputs", "passport", "study", "study_file", "study_keys"},
    "commands_whatif": {
        *{"console", GROUND, MEASURES, "folder", "job", "passport", "report_public"},
        *{"scenario_file", "scenario_keys", "scenario_options", "scenario_results"},
        *{"scenario_sheets", "scenario_figures", "scenarios"},
    },
    "scenario_file": {GROUND, "study_file", "scenario_keys", "toml_file"},
    "scenario_options": {GROUND, "scenario_file", "scenario_keys"},
    "scenario_roads": {GROUND, INPUTS, "study", "study_keys", "scenario_keys", "wording"},
    "scenario_people": {GROUND, MEASURES, "study", "scenario_keys", "wording"},
    "scenario_draft": {GROUND, "study", "study_keys", "scenario_keys"},
    "scenario_venues": {GROUND, INPUTS, MEASURES, "scenario_draft", "scenario_keys"},
    "scenario_edits": {
        *{GROUND, "study", "study_keys", "scenario_draft", "scenario_keys"},
        *{"scenario_people", "scenario_roads", "scenario_venues"},
    },
    "scenarios": {
        *{GROUND, MEASURES, "assessment", "study", "study_keys", "scenario_keys"},
        *{"scenario_draft", "scenario_edits"},
    },
    "siting_candidates": {GROUND, INPUTS, "study", "study_keys"},
    "siting_points": {GROUND, MEASURES},
    "siting_problem": {
        *{GROUND, MEASURES, "siting_candidates", "siting_points", "study", "study_keys"}
    },
    "siting_times": {GROUND, MEASURES, "siting_points", "siting_problem", "study"},
    "siting_plan": {GROUND, MEASURES, "siting_problem", "siting_times"},
    "siting_even": {GROUND, MEASURES, "siting_points", "siting_problem", "siting_times"},
    "siting_models": {*{GROUND, MEASURES, "siting_even", "siting_problem", "siting_times"}},
    "siting": {
        *{GROUND, MEASURES, "siting_even", "siting_models", "siting_plan", "siting_problem"}
    },
    "siting_price": {MEASURES, "siting", "siting_models"},
    "siting_regret": {MEASURES, "siting", "siting_models", "siting_points", "siting_times"},
    "siting_choices": {
        *{MEASURES, "siting", "siting_models", "siting_price", "siting_regret", "siting_times"}
    },
    "siting_tables": {
        *{GROUND, INPUTS, MEASURES, "report_public", "results", "siting", "siting_choices"},
        *{"siting_words", "wording"},
    },
    "siting_words": {GROUND, "wording"},
    "siting_brief": {MEASURES, "siting", "siting_choices", "siting_tables", "siting_words"},
    "commands_sites": {
        *{"assessment", "console", GROUND, MEASURES, "folder", "job", "report_public"},
        *{
            "siting",
            "siting_brief",
            "siting_choices",
            "siting_models",
            "siting_problem",
            "siting_tables",
        },
    },
    "touring_hosts": {GROUND, INPUTS, "study", "study_keys", "touring_keys"},
    "touring_scene": {GROUND, MEASURES, "study", "study_keys", "touring_hosts", "touring_keys"},
    "touring_crews": {GROUND, MEASURES, "touring_keys", "touring_scene"},
    "touring_plan": {MEASURES, "touring_crews", "touring_scene"},
    "touring": {GROUND, MEASURES, "touring_crews", "touring_plan", "touring_scene"},
    "touring_choices": {MEASURES, "touring", "touring_crews", "touring_plan"},
    "touring_calendar": {"results", "touring"},
    "touring_tables": {
        *{MEASURES, PICTURES, "report_public", "results", "siting_words"},
        *{"touring", "touring_calendar", "touring_choices"},
    },
    "commands_tour": {
        *{"assessment", "console", GROUND, MEASURES, "folder", "job", "report_public"},
        *{"touring", "touring_calendar", "touring_choices", "touring_scene", "touring_tables"},
    },
    "starter_forms": {INPUTS},
    "starter_books": {"starter_forms"},
    "starter": {GROUND, "starter_books", "starter_forms"},
    "passport": {
        *{"assessment", "kepu", GROUND, INPUTS, MEASURES, "folder", "inputs", "study"},
        "study_keys",
    },
    "geocoding": {GROUND, INPUTS, "inputs", "study_file"},
    "atlas_measures": {MEASURES, PICTURES, "assessment", "study_keys"},
    "atlas_times": {*{"assessment", GROUND, MEASURES, PICTURES, "study_keys", "study", "wording"}},
    "atlas": {
        *{INPUTS, MEASURES, PICTURES, "assessment", "study_keys", "study", "wording"},
        *{"atlas_measures", "atlas_times", "atlas_whatif"},
    },
    "report_keys": {GROUND, PICTURES, "study", "study_keys"},
    "report_public": {MEASURES, PICTURES, "folder", "study_keys"},
    "report_ground": {PICTURES, "atlas", "study"},
    "report_maps": {
        *{INPUTS, MEASURES, PICTURES, "assessment", "report_ground", "report_keys"},
        *{"report_public", "wording"},
    },
    "report_figures": {
        *{INPUTS, MEASURES, PICTURES, "assessment", "report_ground", "report_keys"},
        *{"report_maps", "wording"},
    },
    "report_sites": {
        *{GROUND, MEASURES, PICTURES, "assessment", "report_ground", "report_keys"},
        *{
            "report_public",
            "siting",
            "siting_choices",
            "siting_models",
            "siting_problem",
            "siting_tables",
            "siting_words",
        },
    },
    "report_scenarios": {
        *{GROUND, MEASURES, PICTURES, "assessment", "report_ground", "report_keys"},
        *{"report_public", "scenario_figures", "scenario_keys"},
        *{"scenario_results", "scenarios", "wording"},
    },
    "report_tour_plan": {
        *{GROUND, MEASURES, PICTURES, "assessment", "folder", "report_public"},
        *{"touring", "touring_scene", "touring_tables"},
    },
    "report_tour": {
        *{PICTURES, "assessment", "report_ground", "report_keys", "report_tour_plan"},
        "touring_calendar",
    },
    "report_plans": {
        *{"assessment", "report_ground", "report_keys", "report_scenarios", "report_sites"},
        *{"report_tour", "report_tour_plan", "scenario_keys", "scenarios"},
    },
    "report_venues": {INPUTS, PICTURES, "assessment", "report_public", "wording"},
    "report_targets": {MEASURES, PICTURES, "assessment", "wording"},
    "report_tables": {
        *{MEASURES, PICTURES, "assessment", "report_public", "results", "results_access"},
        "wording",
    },
    "report_text": {MEASURES, PICTURES, "assessment", "report_keys", "wording"},
    "report_ledger": {
        *{PICTURES, "assessment", "report_keys", "report_tables", "report_targets"},
        *{"report_text", "report_venues", "results"},
    },
    "report_annex": {
        *{PICTURES, "assessment", "report_keys", "report_public", "report_tables"},
        *{"report_targets", "report_text", "report_venues"},
    },
    "report_drawing": {PICTURES},
    "report": {
        *{GROUND, PICTURES, "assessment", "report_annex", "report_drawing", "report_figures"},
        *{"report_keys", "report_ledger"},
    },
    "commands_report": {
        *{"assessment", "console", PICTURES, "folder", "job", "report", "report_ledger"},
        *{"report_plans", "report_public", "report_scenarios", "report_targets"},
        *{"report_tour_plan", "results", "scenario_file"},
    },
    "console": {GROUND, MEASURES, "report_public", "wording"},
    "commands_run": {
        *{"assessment", "console", PICTURES, "folder", "job", "study", "results", "atlas"},
        *{"study_keys", "passport", "report", "report_ledger", "report_public"},
    },
    "commands_inputs": {
        *{
            "console",
            GROUND,
            MEASURES,
            "folder",
            "job",
            "study_file",
            "inputs",
            "results",
            "starter",
            "geocoding",
            "study",
        },
        "passport",
    },
    "cli": {
        *{"kepu", "commands_run", "commands_inputs", "commands_sites", "commands_whatif"},
        *{"commands_report", "commands_tour"},
    },
    "__main__": {"cli"},
    "kepu": set(),
}
"""Who may import whom, beside itself; "kepu" is `__init__.py`."""

MAY_PRINT = ("cli.py", "console.py", "commands_*.py")
FOREIGN_BANNER = re.compile(
    r"@license|@preserve|copyright|\(c\) ?\d|sourceMappingURL", re.IGNORECASE
)
LONGEST_LINE_BY_HAND = 200

Module = tuple[str, ...]


def sources() -> dict[Module, Path]:
    """The modules of the package by dotted name, `()` for the package itself."""
    paths = [path for path in ROOT.glob("*.py") if path.name not in SCRIPTS]
    paths += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in paths}
    return {() if name == ("__init__",) else name: path for path, name in names.items()}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path.relative_to(ROOT)))


def imports(module: Module, tree: ast.AST, modules: set[Module]) -> Iterator[Module]:
    """The modules of the package that a module imports, relatively, for types too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level <= max(len(module), 1), f"{module} imports from beyond the package"
            base = module[: len(module) - node.level]
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield (*base, alias.name) if (*base, alias.name) in modules else base


def graph() -> dict[Module, set[Module]]:
    modules = sources()
    return {name: set(imports(name, parsed(path), set(modules))) for name, path in modules.items()}


def floor(module: Module) -> str:
    return module[0] if module else "kepu"


def kept(folder: Path) -> Iterator[Path]:
    """The files below a folder that are not built, cached or ignored."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    for path in sorted(folder.iterdir()):
        if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from kept(path)
        else:
            yield path


def test_every_module_has_a_floor() -> None:
    assert {floor(module) for module in sources()} <= set(MAY_IMPORT)


def test_imports_stay_on_their_floors() -> None:
    wrong = [
        f"{'.'.join(module)} -> {'.'.join(target) or 'kepu'}"
        for module, targets in graph().items()
        for target in targets
        if floor(target) not in MAY_IMPORT.get(floor(module), set()) | {floor(module)}
    ]
    assert not wrong


def test_imports_lead_to_modules() -> None:
    found = graph()
    missing = {target for targets in found.values() for target in targets} - set(found)
    assert not missing


def test_imports_run_in_no_circle() -> None:
    TopologicalSorter(graph()).prepare()


def test_the_package_imports_itself_relatively() -> None:
    ours = {"kepu", "data", *FOLDERS, *(name[0] for name in sources() if name)}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources().values()
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and not node.level and floor_of(node.module) in ours)
        or (isinstance(node, ast.Import) and {floor_of(a.name) for a in node.names} & ours)
    ]
    assert not wrong


def floor_of(dotted: str | None) -> str:
    return (dotted or "").partition(".")[0]


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_its_users_import_it_absolutely(folder: str) -> None:
    """Beside each other they may stand relatively; out of their folder no such import leads."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]
    assert not wrong


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_bear_no_init(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert not list((ROOT / folder).rglob("__init__.py"))


def test_coverage_is_that_of_pypi() -> None:
    assert hasattr(coverage, "Coverage")
    assert ROOT / "coverage" not in Path(str(coverage.__file__)).parents


def test_coverage_is_that_of_pypi_even_at_the_root() -> None:
    command = "import coverage; coverage.Coverage"
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=True)


def speaks(node: ast.expr) -> bool:
    """Whether a node prints or takes hold of a standard stream."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "print"
    return isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "__stdout__")


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources().values()
        if not any(fnmatch(path.name, pattern) for pattern in MAY_PRINT)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.expr) and speaks(node)
    ]
    assert not wrong


def test_scripts_and_styles_are_our_own() -> None:
    page_parts = (
        ".js",
        ".mjs",
        ".cjs",
        ".css",
        ".html",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".wasm",
    )
    parts = [path for path in kept(ROOT) if path.suffix.lower() in page_parts]
    homes = (ROOT / "maps", ROOT / "tests" / "page")
    elsewhere = [path for path in parts if path.parent not in homes]
    assert not elsewhere
    for path in parts:
        text = path.read_text("utf-8")
        assert not FOREIGN_BANNER.search(text), path.name
        assert ".min." not in path.name
        assert max(map(len, text.splitlines()), default=0) <= LONGEST_LINE_BY_HAND, path.name


def shipped_folders() -> set[str]:
    """The folders that ought to be packages: with modules or, below data, with files."""
    parents = {path.parent.relative_to(ROOT) for path in kept(ROOT) if path.suffix == ".py"}
    parents |= {path.parent.relative_to(ROOT) for path in kept(ROOT / "data")}
    inside = [path for path in parents if not path.parts or path.parts[0] not in NOT_SHIPPED]
    return {".".join(("kepu", *path.parts)) for path in inside}


def test_packages_are_the_folders() -> None:
    declared = SETUPTOOLS["packages"]
    assert len(declared) == len(set(declared))
    assert set(declared) == shipped_folders()


def test_every_file_beside_the_modules_is_shipped() -> None:
    forgotten = []
    for package in SETUPTOOLS["packages"]:
        folder = ROOT.joinpath(*package.split(".")[1:])
        patterns = SETUPTOOLS["package-data"].get(package, [])
        files = [path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"]
        if package != "kepu":
            forgotten += [
                path.name for path in files if not any(fnmatch(path.name, p) for p in patterns)
            ]
    assert not forgotten
    assert (ROOT / "py.typed").is_file()
