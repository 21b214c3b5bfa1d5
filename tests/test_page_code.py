"""The page's own code: node's tests of it, and its counts against those of the analysis."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kepu.assessment import Assessment, assess
from kepu.atlas_times import further, owns, reaches
from kepu.coverage.overview import coverage_table
from kepu.coverage.share import REASONS, nearest, serving
from kepu.inputs import read_layers
from kepu.layers.venues import venue_types
from kepu.maps import whatif
from kepu.maps.web import SCRIPTS as OWN_SCRIPTS
from kepu.maps.web import web_map
from kepu.study import Survey, survey
from kepu.study_file import read_study

HERE = Path(__file__).parent
MAPS = HERE.parent / "maps"
STUDY = HERE.parent / "data" / "boundaries" / "study.toml"
SCRIPTS = (*OWN_SCRIPTS, *whatif.SCRIPTS)
PAGE_REASONS = ("", "not_connected", "no_venue", "beyond_horizon", "not_meant")
UNIONS = (
    ("room.community", "civic.party"),
    ("base.national", "base.provincial", "base.district"),
    ("rural.bookhouse", "rural.estation", "rural.agritech"),
)
MINUTES = (5.0, 7.5, 15.0, 30.0, 59.9)
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


@pytest.fixture(scope="module")
def measured() -> Survey:
    study = read_study(STUDY)
    return survey(study, read_layers(study))


@pytest.fixture(scope="module")
def found(measured: Survey) -> Assessment:
    return assess(read_study(STUDY), measured)


def page_of(measured: Survey, found: Assessment) -> str:
    """Return the page of the illustrative district with nothing that only adorns it."""
    groups = [name for name in ("people", "youth", "farmers", "elderly") if name in measured.demand]
    standards = pd.DataFrame([vars(standard) for standard in found.study.wanted]).set_index("key")
    venues = measured.venues.sort_index()
    square = gpd.GeoSeries([shapely.box(113, 23, 114, 24)] * len(measured.towns), crs=4326)
    towns = measured.towns[["name", "kind"]].set_geometry(square.to_numpy(), crs=4326)
    return web_map(
        title="",
        towns=towns,
        places=measured.demand[["name", "town", "rural", *groups, "geometry"]].to_crs(4326),
        venues=venues[["name", "type", "status", "outside", "geometry"]].to_crs(4326),
        types={key: kind.name for key, kind in venue_types().items()},
        groups={group: group for group in groups},
        standards=standards,
        reach=reaches(measured, venues),
        coverage=found.standards,
        own=owns(found.questions, measured, venues),
        flags=found.flags.iloc[:0],
        base={},
        facts=[],
        illustrative=True,
    )


@pytest.fixture(scope="module")
def page(measured: Survey, found: Assessment) -> str:
    return page_of(measured, found)


def asked(page: str, choices: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    (folder / "page.html").write_text(page, encoding="utf-8", newline="\n")
    (folder / "choices.json").write_text(json.dumps(choices), encoding="utf-8")
    answer: dict[str, Any] = json.loads(
        node(HERE / "page" / "count.mjs", folder / "page.html", folder / "choices.json")
    )
    return answer


def test_the_page_counts_as_the_analysis_does(page: str, measured: Survey, tmp_path: Path) -> None:
    """Every type and some unions x mode x threshold x group, every scope, to the last person."""
    kinds = [(kind,) for kind in measured.venues["type"].unique()] + list(UNIONS)
    layers = (measured.venues, measured.demand, measured.towns)
    table = coverage_table(measured.times, *layers, kinds=kinds, thresholds=MINUTES)
    for (group, mode), own in measured.group_times.items():
        paced = coverage_table({mode: own}, *layers, kinds=kinds, thresholds=MINUTES)
        table = table[(table["group"] != group) | (table["mode"] != mode)]
        table = pd.concat([table, paced[paced["group"] == group]])
    choices, expected = [], []
    for (types, mode, minutes, group), rows in table.groupby(
        ["types", "mode", "minutes", "group"], sort=False
    ):
        if group not in ("people", "youth", "farmers", "elderly"):
            continue
        choices.append(
            {"standard": "", "types": types.split(";"), "mode": mode, "minutes": minutes,
             "group": group, "area": "all"}
        )  # fmt: skip
        numbers = rows[["people", "covered", "not_connected"]].to_numpy().tolist()
        shares = [None if pd.isna(share) else float(share) for share in rows["share"]]
        expected.append([[*row, share] for row, share in zip(numbers, shares, strict=True)])
    assert len(choices) > 500
    answers = asked(page, choices, tmp_path)["answers"]
    wrong = [
        choice
        for choice, answer, right in zip(choices, answers, expected, strict=True)
        if answer["scopes"] != right
    ]
    assert wrong == []


def test_the_page_finds_the_same_venues_and_reasons(
    page: str, measured: Survey, tmp_path: Path
) -> None:
    cases = [(types, mode) for types in UNIONS for mode in measured.times]
    choices = [
        {"standard": "", "types": list(types), "mode": mode, "minutes": 15, "group": "people",
         "area": "all"}
        for types, mode in cases
    ]  # fmt: skip
    answers = asked(page, choices, tmp_path)["answers"]
    for (types, mode), answer in zip(cases, answers, strict=True):
        times = measured.times[mode]
        everybody = serving(measured.venues, types, "people")
        right = nearest(times, measured.venues, types, among=everybody)
        assert answer["venue"] == [times.venues[v] if v >= 0 else None for v in right.venue]
        assert [PAGE_REASONS[reason] for reason in answer["reason"]] == list(right.reason)
    assert set(REASONS) <= set(PAGE_REASONS)


def test_the_page_proves_its_standards(page: str, found: Assessment, tmp_path: Path) -> None:
    choices = [
        {"standard": s.key, "types": list(s.types), "mode": s.mode, "minutes": s.minutes,
         "group": s.group, "area": s.area}
        for s in found.study.wanted
    ]  # fmt: skip
    told = asked(page, choices, tmp_path)
    assert told["unproven"] == []
    for standard, answer in zip(found.study.wanted, told["answers"], strict=True):
        table = found.standards[found.standards["standard"] == standard.key]
        numbers = table[["people", "covered", "not_connected"]].to_numpy().tolist()
        assert [row[:3] for row in answer["scopes"]] == numbers


def test_the_page_ranks_as_the_analysis_does(page: str, found: Assessment, tmp_path: Path) -> None:
    """Priority of a choice that is no standard, by the page, is that of the standard it equals."""
    plain = {s.key: s for s in found.study.wanted if s.count == 1 and not s.opening}
    told = [
        one
        for one in further(found.study, found, found.measured.demand)
        if one.key == "priority" and one.standard in plain
    ]
    choices = [
        {"standard": "", "types": list(s.types), "mode": s.mode, "minutes": s.minutes,
         "group": s.group, "area": s.area}
        for s in (plain[one.standard] for one in told)
    ]  # fmt: skip
    assert len(told) >= 7
    answers = asked(page, choices, tmp_path)["answers"]
    for one, answer in zip(told, answers, strict=True):
        mine = answer["priority"]
        assert mine["values"] == one.values.tolist(), one.standard
        assert mine["towns"] == one.towns.tolist(), one.standard
        assert mine["edges"] == list(one.edges), one.standard
        assert mine["summary"] == list(one.summary), one.standard


def test_a_page_that_counts_otherwise_says_so(
    measured: Survey, found: Assessment, tmp_path: Path
) -> None:
    changed = found.standards.copy()
    changed.loc[3, "covered"] += 1
    spoilt = assess(found.study, measured)
    vars(spoilt)["standards"] = changed
    told = asked(page_of(measured, spoilt), [], tmp_path)
    assert told["unproven"] == [found.study.wanted[0].key]
