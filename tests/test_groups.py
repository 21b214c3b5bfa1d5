"""Groups by rules: whole people, within the people there are, and always said."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from kepu.geo.errors import StudyError
from kepu.layers.groups import LABELS, GroupRule, estimate_faults, estimate_groups

ELDERLY = GroupRule("elderly", "share", 0.1235, 0.1235, source="广东省第七次全国人口普查公报")
FARMERS = GroupRule("farmers", "share", 0, 0.6, source="甲")
WORKERS = GroupRule("workers", "total", 1, 0, total=30, source="乙")


def places(*rows: tuple[int, bool]) -> GeoDataFrame:
    index = pd.Index([f"P{i}" for i in range(len(rows))], name="place")
    columns = {
        "name": "甲",
        "town": "441802006",
        "rural": [rural for _, rural in rows],
        "people": [people for people, _ in rows],
        "precision": "",
    }
    points = [Point(i, 0) for i in range(len(rows))]
    return GeoDataFrame(columns, index=index, geometry=points, crs=4547)


def stopped(demand: GeoDataFrame, *rules: GroupRule) -> list[str]:
    with pytest.raises(StudyError) as error:
        estimate_groups(demand, rules)
    assert str(error.value)
    return [fault.code for fault in error.value.faults]


tables = st.lists(st.tuples(st.integers(0, 500), st.booleans()), min_size=1, max_size=15)
shares = st.integers(0, 1000).map(lambda n: n / 1000)


@given(tables, shares, shares, st.data())
def test_shares_are_whole_and_within_the_people(rows, urban, rural, data):
    demand = places(*rows)
    rule = replace(FARMERS, urban=urban, rural=rural)
    found, report = estimate_groups(demand, [rule])
    exact = [n * Fraction(str(rural if away else urban)) for n, away in rows]
    assert abs(int(found["farmers"].sum()) - sum(exact)) <= Fraction(1, 2)
    assert found["farmers"].between(0, demand["people"]).all()
    assert report.at["farmers", "people"] == found["farmers"].sum()
    order = data.draw(st.permutations(list(demand.index)))
    again, _ = estimate_groups(demand.loc[order], [rule])
    pd.testing.assert_frame_equal(again.loc[demand.index], found)


@given(tables, st.integers(0, 5), st.integers(1, 5), st.data())
def test_totals_are_met_within_the_people(rows, urban, rural, data):
    room = sum(n for n, away in rows if away or urban)
    total = data.draw(st.integers(0, room))
    rule = replace(WORKERS, urban=urban, rural=rural, total=total)
    found, _ = estimate_groups(places(*rows), [rule])
    assert found["workers"].sum() == total
    assert found["workers"].between(0, found["people"]).all()
    if not urban:
        assert (found["workers"][~found["rural"]] == 0).all()
    assert stopped(places(*rows), replace(rule, total=room + 1)) == ["E-GROUP-TOTAL"]


def test_the_rules_by_hand():
    demand = places((1000, False), (500, False), (200, True))
    found, report = estimate_groups(demand, [WORKERS, ELDERLY, FARMERS])
    assert found["workers"].tolist() == [20, 10, 0]
    assert found["elderly"].tolist() == [123, 62, 25]
    assert found["farmers"].tolist() == [0, 0, 120]
    assert list(found.columns) == [
        "name", "town", "rural", "people", "elderly", "farmers", "workers", "precision", "geometry",
    ]  # fmt: skip
    assert list(report.index) == ["workers", "elderly", "farmers"]
    assert report["rule_zh"].tolist() == [
        "全区 30 人按各地人口分摊（权重：城镇 1、乡村 0）",
        "人口的 12.35 %",
        "城镇人口的 0 %、乡村人口的 60 %",
    ]
    assert report["rule_en"].tolist() == [
        "30 in the district, spread by people (weights: urban 1, rural 0)",
        "12.35 % of the people",
        "0 % of urban and 60 % of rural people",
    ]


def test_weights_that_would_fill_a_place_spill_over():
    demand = places((10, False), (100, True))
    found, _ = estimate_groups(demand, [replace(WORKERS, urban=100, rural=1, total=50)])
    assert found["workers"].tolist() == [10, 40]


def test_every_estimate_is_said():
    _, report = estimate_groups(places((1000, False)), [ELDERLY, WORKERS])
    faults = estimate_faults(report)
    assert [fault.code for fault in faults] == ["W-GROUP-ESTIMATED"] * 2
    assert [fault.column for fault in faults] == ["老年人口", "产业工人人口"]
    assert "124 人；规则：人口的 12.35 %；来源：广东省第七次全国人口普查公报" in faults[0].zh
    assert "124 people; rule: 12.35 % of the people; source: " in faults[0].en


def test_no_rules_add_nothing():
    demand = places((10, False))
    found, report = estimate_groups(demand, [])
    pd.testing.assert_frame_equal(found, demand)
    assert report.empty
    assert estimate_faults(report) == []


def test_a_group_comes_from_one_place_only():
    demand = places((10, False)).assign(elderly=1)
    assert stopped(demand, ELDERLY) == ["E-GROUP-TWICE"]
    assert stopped(places((10, False)), FARMERS, FARMERS) == ["E-GROUP-TWICE"]


@pytest.mark.parametrize("rule", [
    replace(ELDERLY, urban=12.35),
    replace(ELDERLY, rural=-0.1),
    replace(ELDERLY, rural=float("nan")),
    replace(ELDERLY, total=5),
    replace(ELDERLY, source=" "),
    replace(WORKERS, total=None),
    replace(WORKERS, total=-1),
    replace(WORKERS, urban=0),
    replace(WORKERS, urban=float("inf")),
    replace(ELDERLY, basis="guess"),
    replace(ELDERLY, group="people"),
])  # fmt: skip
def test_rules_that_cannot_be(rule):
    assert "E-GROUP-RULE" in stopped(places((10, False)), rule)


def test_the_five_groups_of_the_plan():
    assert set(LABELS.values()) == {
        "青少年", "农民", "产业工人", "老年人", "领导干部和公务员",
    }  # fmt: skip
