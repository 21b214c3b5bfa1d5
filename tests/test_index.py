"""The access part of the index: points between marks, scores, and how sure the ranks are."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.coverage.index import ACCESS_INDICATORS, Indicator, composite, points, ranks
from kepu.geo.errors import StudyError

TWO = (Indicator("a", "甲", 1, 0, 1), Indicator("b", "乙", 1, 0, 1))


def towns(**columns) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=[f"t{i}" for i in range(size)])


def test_points_lie_between_the_marks():
    parts = (Indicator("a", "覆盖率", 1, 0.2, 0.9), Indicator("b", "分钟", 1, 60, 10))
    found = points(towns(a=[0.2, 0.55, 0.9, 1.0], b=[60, 35, 10, 90]), parts)
    np.testing.assert_allclose(found["a"], [0, 50, 100, 100])
    np.testing.assert_allclose(found["b"], [0, 50, 100, 0])


def test_a_town_says_nothing_of_another():
    parts = (Indicator("a", "覆盖率", 2, 0, 1), Indicator("b", "分钟", 1, 60, 0))
    few = composite(towns(a=[0.5, 0.7], b=[30, 30]), parts, seed=1, samples=50)
    more = composite(towns(a=[0.5, 0.7, 1.0], b=[30, 30, 0]), parts, seed=1, samples=50)
    assert more["score"].tolist()[:2] == few["score"].tolist()


def test_towns_that_tie_share_a_rank_and_all_they_could_have():
    found = composite(towns(a=[0.5, 0.5, 0.1], b=[0.5, 0.5, 0.1]), TWO, seed=1)
    assert found["rank"].tolist() == [1, 1, 3]
    for column in ("best", "likely_best", "without_best"):
        assert found[column].tolist() == [1, 1, 3]
    for column in ("worst", "likely_worst", "without_worst"):
        assert found[column].tolist() == [2, 2, 3]


def test_opposites_trade_places_with_the_weights():
    found = composite(towns(a=[1, 0], b=[0, 1]), TWO, seed=1)
    assert found["score"].tolist() == [50, 50]
    assert found["rank"].tolist() == [1, 1]
    assert found["best"].tolist() == [1, 1]
    assert found["worst"].tolist() == [2, 2]


def test_a_tie_of_different_parts_is_one_though_the_floats_are_not():
    parts = tuple(Indicator(name, name, weight, 0, 1) for weight, name in enumerate("abc", 1))
    found = composite(towns(a=[0.0, 0.1], b=[0.0, 0.4], c=[0.3, 0.0]), parts, seed=1)
    assert found["score"].iloc[0] != found["score"].iloc[1]
    assert found["rank"].tolist() == [1, 1]
    low, high = ranks(points(towns(a=[0.0, 0.1], b=[0.0, 0.4], c=[0.3, 0.0]), parts).to_numpy(),
                      np.array([[1, 2, 3]]) / 6)  # fmt: skip
    assert (low.tolist(), high.tolist()) == ([[1], [1]], [[2], [2]])


def test_who_is_better_in_everything_is_first_whatever_the_weights():
    found = composite(towns(a=[0.9, 0.3, 0.5], b=[0.8, 0.4, 0.2]), TWO, seed=1)
    assert found.loc["t0", ["rank", "best", "worst", "without_worst"]].tolist() == [1, 1, 1, 1]
    assert found.loc["t1", ["best", "worst"]].tolist() == [2, 3]


def test_leaving_one_out_by_hand():
    parts = (Indicator("a", "甲", 0.6, 0, 1), Indicator("b", "乙", 0.4, 0, 1))
    found = composite(towns(a=[1.0, 0.9], b=[0.0, 0.1]), parts, seed=1)
    assert found["score"].tolist() == pytest.approx([60, 58])
    assert found[["without_best", "without_worst"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    alone = composite(towns(a=[1.0, 0.9]), parts[:1], seed=1)
    assert alone[["without_best", "without_worst"]].to_numpy().tolist() == [[1, 1], [2, 2]]


def test_what_is_missing_is_not_guessed():
    table = towns(a=[0.9, math.nan, 0.3], b=[0.8, 0.4, 0.9])
    found = composite(table, TWO, seed=1)
    assert found.loc["t1"].isna().all()
    assert found["rank"].dropna().tolist() == [1, 2]
    nobody = composite(table.assign(a=pd.array([None] * 3, "Float64")), TWO, seed=1)
    assert nobody.isna().all().all()
    assert list(nobody.index) == list(table.index)


@st.composite
def tables(draw: st.DrawFn):
    size, width = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    cell = st.sampled_from([0, 0.1, 0.25, 0.5, 0.5, 0.7, 1])
    values = st.lists(cell.map(float), min_size=size, max_size=size)
    columns = {f"c{i}": draw(values) for i in range(width)}
    weight = st.integers(1, 9)
    parts = tuple(Indicator(name, name, draw(weight), 0, 1) for name in columns)
    return towns(**columns), parts


@given(tables(), st.integers(0, 1000))
def test_the_answer_equals_loops(case, seed):
    table, parts = case
    samples = 12
    found = composite(table, parts, seed=seed, samples=samples)
    stated = [part.weight / sum(p.weight for p in parts) for part in parts]
    drawn = np.random.default_rng(seed).dirichlet([1.0] * len(parts), samples).tolist()
    alone = [[float(i == j) for j in range(len(parts))] for i in range(len(parts))]
    without = [
        [0 if i == j else w / (1 - stated[i]) for j, w in enumerate(stated)]
        for i in range(len(parts))
    ] if len(parts) > 1 else [stated]  # fmt: skip
    rows = table.to_numpy().tolist()

    def placed(weights):
        scores = [round(100 * sum(map(lambda w, x: w * x, weights, row)), 8) for row in rows]
        best = [1 + sum(other > own for other in scores) for own in scores]
        return best, [sum(other >= own for other in scores) for own in scores]

    for number in range(len(rows)):
        every = [placed(w) for w in (*drawn, *alone, *without, stated)]
        out = [placed(w) for w in without]
        low = sorted(placed(w)[0][number] for w in drawn)
        high = sorted(placed(w)[1][number] for w in drawn)
        row = found.iloc[number]
        expected = sum(w * x for w, x in zip(stated, rows[number], strict=True)) * 100
        assert row["score"] == pytest.approx(expected)
        assert row["rank"] == placed(stated)[0][number]
        assert row["best"] == min(b[number] for b, _ in every)
        assert row["worst"] == max(w[number] for _, w in every)
        assert row["without_best"] == min(b[number] for b, _ in out)
        assert row["without_worst"] == max(w[number] for _, w in out)
        assert row["likely_best"] == low[int(0.05 * (samples - 1))]
        assert row["likely_worst"] == high[math.ceil(0.95 * (samples - 1))]


@given(tables(), st.integers(0, 1000), st.data())
def test_invariants(case, seed, data):
    table, parts = case
    found = composite(table, parts, seed=seed, samples=60)
    assert ((found["score"] >= 0) & (found["score"] <= 100 + 1e-9)).all()
    for low, high in (("best", "likely_best"), ("likely_worst", "worst"), ("best", "rank"),
                      ("rank", "worst"), ("best", "without_best"),
                      ("without_worst", "worst")):  # fmt: skip
        assert (found[low] <= found[high]).all()
    assert found["rank"].min() == 1
    heavier = tuple(Indicator(p.key, p.name, p.weight * 8, p.worst, p.best) for p in parts)
    assert composite(table, heavier, seed=seed, samples=60).equals(found)
    order = data.draw(st.permutations(range(len(table))))
    mixed = composite(table.iloc[order], parts, seed=seed, samples=60)
    assert mixed.equals(found.iloc[order])
    town = data.draw(st.sampled_from(list(table.index)))
    better = table.copy()
    better.loc[town] = np.minimum(1, better.loc[town] + 0.2)
    after = composite(better, parts, seed=seed, samples=60)
    for column in ("rank", "best", "worst", "likely_best", "likely_worst"):
        assert after.at[town, column] <= found.at[town, column]


def test_ranks_count_ties_both_ways():
    low, high = ranks(np.array([[1.0], [1.0], [0.0]]), np.ones((2, 1)))
    assert low.tolist() == [[1, 1], [1, 1], [3, 3]]
    assert high.tolist() == [[2, 2], [2, 2], [3, 3]]


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (Indicator("a", "甲", 0, 0, 1),),
        (Indicator("a", "甲", math.nan, 0, 1),),
        (Indicator("a", "甲", 1, 1, 1),),
        (Indicator("a", "甲", 1, 0, math.inf),),
        (Indicator("far", "远", 1, 0, 1),),
    ],
)
def test_an_index_of_nothing_is_refused(parts):
    with pytest.raises(StudyError) as error:
        composite(towns(a=[1.0], far=[math.inf]), parts, seed=1)
    assert error.value.faults[0].code == "E-INDEX"


def test_the_proposal_adds_up_and_says_why():
    assert sum(part.weight for part in ACCESS_INDICATORS) == pytest.approx(1)
    assert all(part.basis for part in ACCESS_INDICATORS)
    assert len({part.key for part in ACCESS_INDICATORS}) == len(ACCESS_INDICATORS)


def test_marks_and_weights_are_those_of_the_method():
    assert [(one.key, one.weight, one.worst, one.best) for one in ACCESS_INDICATORS] == [
        ("covered", 0.4, 0.0, 1.0),
        ("time_gap", 0.2, 1.0, 0.0),
        ("supply", 0.2, 0.0, 1.0),
        ("choice", 0.2, 0.0, 1.0),
    ]


def test_the_mean_of_the_district_is_full_marks_for_supply_and_more_is_no_more():
    table = pd.DataFrame({
        "covered": [1.0, 0.5], "time_gap": [0.0, 0.25], "supply": [1.0, 3.0], "choice": [1.0, 0.5],
    })  # fmt: skip
    found = points(table, ACCESS_INDICATORS)
    assert found.loc[0].tolist() == [100.0] * 4
    assert found.loc[1].tolist() == [50.0, 75.0, 100.0, 50.0]
