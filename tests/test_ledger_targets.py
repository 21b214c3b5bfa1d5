"""The ledger of the plan's targets: what counts as there, and what cannot be judged."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.targets import judged, reaches_target, targets_table
from kepu.geo.errors import LayerError
from kepu.layers.plan import plan_targets
from kepu.layers.progress import nothing_reported, read_progress

PLAN = pd.DataFrame(
    {
        "name": ["活动室", "讲师团", "素质比例", "书屋"],
        "kind": ["venue", "people", "outcome", "venue"],
        "venue_type": ["room", "", "", "book"],
        "target": pd.array([3, 100, 16, None], dtype="Float64"),
        "comparison": [">=", ">=", ">", ""],
        "unit": ["间", "名", "%", "处"],
    },
    index=pd.Index(["rooms", "lecturers", "literacy", "books"], name="key"),
)
VENUES = pd.DataFrame(
    [
        ("room", "open", False, "t1"),
        ("room", "open", False, "t1"),
        ("room", "open", False, "t2"),
        ("room", "planned", False, "t2"),
        ("room", "candidate", False, "t2"),
        ("room", "closed", False, "t1"),
        ("room", "open", True, ""),
        ("book", "open", False, "t2"),
    ],
    columns=["type", "status", "outside", "town"],
)
COVERAGE = pd.DataFrame(
    [("room", "walk", 15.0, "people", "district", 100, 64, 0.64)],
    columns=["types", "mode", "minutes", "group", "scope", "people", "covered", "share"],
)


def told(venues=VENUES, said=None, apart=0):
    reported = nothing_reported()
    if said:
        rows = {key: (*pair, "区科协", "2026-10-31") for key, pair in said.items()}
        names = ["baseline", "now", "source", "as_of"]
        reported = pd.DataFrame.from_dict(rows, "index", columns=names)
    limits = {"room": ("walk", 15.0), "book": ("ebike", 15.0)}
    return targets_table(PLAN, venues, reported, COVERAGE, limits, apart=apart).set_index("key")


def test_a_ledger_told_by_hand():
    table = told(said={"lecturers": (60, 80), "literacy": (11.2, 16.0)})
    assert list(table["verdict"]) == ["met", "not_met", "not_met", "unknown"]
    assert table.at["books", "reason"] == "no_number"
    assert table.at["rooms", "now"] == 3
    assert table.at["rooms", "towns"] == {"t1": 2, "t2": 1}
    assert (table.at["rooms", "planned"], table.at["rooms", "candidate"]) == (1, 1)
    assert table.at["rooms", "outside"] == 1
    assert (table.at["rooms", "covered"], table.at["rooms", "share"]) == (64, 0.64)
    assert table.at["lecturers", "short"] == 20
    assert pd.isna(table.at["lecturers", "counted"])


@pytest.mark.parametrize("status", ["planned", "candidate", "closed"])
def test_only_open_venues_count(status: str):
    venues = VENUES.copy()
    venues.loc[0, "status"] = status
    table = told(venues)
    assert table.at["rooms", "now"] == 2
    assert table.at["rooms", "verdict"] == "not_met"


def test_what_nobody_reported_is_not_zero():
    table = told()
    assert table.at["lecturers", "reason"] == "no_data"
    assert pd.isna(table.at["lecturers", "now"])
    empty = told(VENUES[VENUES["type"] == "book"])
    assert (empty.at["rooms", "verdict"], empty.at["rooms", "reason"]) == (
        "unknown", "no_venue_listed",
    )  # fmt: skip
    assert pd.isna(empty.at["rooms", "now"])


def test_two_sources_that_contradict_give_no_verdict():
    assert told(said={"rooms": (0, 2)}).at["rooms", "reason"] == "contradiction"
    assert told(said={"rooms": (0, 9)}).at["rooms", "verdict"] == "met"


def test_rows_set_apart_may_be_what_is_missing():
    venues = VENUES.drop(index=0)
    assert told(venues, apart=1).at["rooms", "reason"] == "quarantined"
    venues = VENUES.drop(index=[0, 1])
    assert told(venues, apart=1).at["rooms", "verdict"] == "not_met"


@given(st.integers(0, 50), st.integers(1, 50), st.sampled_from([">=", ">"]), st.integers(0, 5))
def test_more_never_turns_a_target_from_met(counted: int, target: int, sign: str, apart: int):
    def ask(number):
        return judged(target, sign, counted=number, listed=True, reported=None, apart=apart)[0]

    order = {"not_met": 0, "unknown": 1, "met": 2}
    assert order[ask(counted)] <= order[ask(counted + 1)]
    assert (ask(counted) == "met") == reaches_target(counted, target, sign)


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ValueError, match="<"):
        reaches_target(1, 1, "<")


def written(folder: Path, *rows: str) -> Path:
    path = folder / "目标.csv"
    lines = ["目标,基线,现状,数据日期,来源", *rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_reported_figures_are_read_by_name_or_key(tmp_path: Path):
    path = written(
        tmp_path,
        "科普讲师团成员,60,85,2026-10-31,区科协",
        "outcome.literacy,11.2,１６.4％,2026-09,调查",
    )
    found = read_progress(path, plan_targets())
    assert found.table.at["people.lecturers", "now"] == 85
    assert found.table.at["outcome.literacy", "now"] == 16.4
    assert found.table.at["outcome.literacy", "as_of"] == "2026-09-30"
    assert found.ledger.ok == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [("没有的目标,,5,,", "Q-TARGET-NAME"), ("outcome.literacy,,0.164,,", "Q-TARGET-PERCENT"),
     ("outcome.literacy,,1,,", "Q-TARGET-PERCENT"),
     ("outcome.literacy,0.1,16,,", "Q-TARGET-PERCENT"),
     ("people.lecturers,,50%,,", "Q-TARGET-COUNT"),
     ("people.lecturers,５０％,60,,", "Q-TARGET-COUNT"),
     ("people.lecturers,,-5,,", "Q-NUMBER"), ("people.lecturers,,约80,,", "Q-NUMBER"),
     ("people.volunteers,,9,,", "Q-ID-TWICE")],
)  # fmt: skip
def test_wrong_rows_go_to_quarantine_and_stay_unjudged(tmp_path: Path, row: str, code: str):
    found = read_progress(written(tmp_path, "people.volunteers,,1600,,", row), plan_targets())
    assert found.ledger.faults[0].code == code
    assert list(found.table.index) == ["people.volunteers"]
    assert len(found.ledger.quarantine) == 1


def test_nothing_at_all_is_a_figure_and_no_share(tmp_path: Path):
    found = read_progress(written(tmp_path, "outcome.literacy,0,0,,"), plan_targets())
    assert list(found.table.loc["outcome.literacy", ["baseline", "now"]]) == [0, 0]


def test_a_table_without_its_columns_is_refused(tmp_path: Path):
    path = tmp_path / "目标.csv"
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with pytest.raises(LayerError):
        read_progress(path, plan_targets())
