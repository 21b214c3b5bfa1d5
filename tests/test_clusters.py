"""Clusters: Moran, local Moran, Gi*, chance and false discoveries."""

from __future__ import annotations

import csv
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from kepu.coverage import clusters
from kepu.coverage.clusters import FEWEST_NEIGHBOURS, FEWEST_PLACES, local_clusters
from kepu.geo.errors import LayerError

FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
with_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the fixtures are not here")


def matrix_of(lists: dict[int, list[int]], size: int) -> csr_matrix:
    dense = np.zeros((size, size))
    for place, others in lists.items():
        dense[place, others] = 1
    return csr_matrix(dense)


def lists_of(matrix: csr_matrix) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in matrix.toarray()]


def in_a_row(size: int, count: int) -> csr_matrix:
    """A village street where everybody knows the nearest, of equally near ones the first."""
    apart = np.abs(np.arange(size)[:, None] - np.arange(size)).astype(float)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :count]
    return matrix_of(dict(enumerate(near.tolist())), size)


def grid(side: int) -> csr_matrix:
    """A chessboard where everybody knows the eight around."""
    at = np.indices((side, side)).reshape(2, -1)
    apart = np.abs(at[:, :, None] - at[:, None, :]).max(axis=0)
    return csr_matrix((apart == 1).astype(float))


@st.composite
def maps(draw: st.DrawFn):
    size = draw(st.integers(2, 9))
    values = draw(st.lists(st.integers(0, 20), min_size=size, max_size=size))
    ties = draw(st.lists(st.booleans(), min_size=size * size, max_size=size * size))
    table = np.array(ties).reshape(size, size)
    np.fill_diagonal(table, val=False)
    return np.array(values, float), csr_matrix(table.astype(float))


@given(maps())
def test_the_figures_equal_loops(case):
    values, neighbours = case
    near, n = lists_of(neighbours), len(values)
    mean = sum(values) / n
    z = [x - mean for x in values.tolist()]
    spread = sum(a * a for a in z) / n
    linked = [i for i in range(n) if near[i]]
    found = local_clusters(values, neighbours, seed=1)
    if spread == 0:
        assert not found["local_moran"].any()
        return
    lag = {i: sum(z[j] for j in near[i]) / len(near[i]) for i in linked}
    for i in range(n):
        assert found.at[i, "neighbours"] == len(near[i])
        if i in lag:
            assert found.at[i, "local_moran"] == pytest.approx(z[i] * lag[i] / spread, abs=1e-9)
            assert found.at[i, "lag"] == pytest.approx(lag[i] + mean, abs=1e-9)
        else:
            assert pd.isna(found.at[i, "lag"])
            assert found.at[i, "local_moran"] == 0
        around = [i, *near[i]]
        size = len(around)
        error = math.sqrt(spread) * math.sqrt((n * size - size**2) / (n - 1))
        expected = (sum(values[j] for j in around) - size * mean) / error if error else 0
        assert found.at[i, "gi_star"] == pytest.approx(expected, abs=1e-9)
    assert set(found["reason"]) == {"few_places"}
    assert found["p"].isna().all()


@with_fixtures
def test_homicides_around_st_louis():
    folder = FIXTURES / "moran_stl"
    with (folder / "stl_hom.txt").open(encoding="utf-8") as stream:
        rates = [float(row[2]) for row in list(csv.reader(stream))[2:]]
    words = (folder / "stl.gal").read_text(encoding="utf-8").split("\n")[1:]
    near = {
        int(head.split()[0]) - 1: [int(n) - 1 for n in tail.split()]
        for head, tail in zip(words[::2], words[1::2], strict=False)
        if head.strip()
    }
    neighbours = matrix_of(near, len(rates))
    assert neighbours.nnz == 398
    found = local_clusters(rates, neighbours, seed=1, permutations=999)
    assert found["quadrant"].value_counts().to_dict() == {"HH": 8, "LH": 13, "LL": 44, "HL": 13}
    whole = found[found["neighbours"] > 0]["local_moran"].mean()
    assert whole == pytest.approx(0.24365582621771659, abs=1e-12)
    assert (found["reason"] == "").all()


def test_chance_is_that_of_every_possible_draw():
    """With three neighbours of 29 others all 3654 draws can be counted."""
    random = np.random.default_rng(5)
    values = random.integers(0, 12, FEWEST_PLACES).astype(float)
    values[:6] += 12
    values[26:] = 0, 0, 0, -1000  # drawn for itself the last would be among its like by chance
    neighbours = in_a_row(30, 3)
    permutations = 9999
    found = local_clusters(values, neighbours, seed=3, permutations=permutations)
    near = lists_of(neighbours)
    for place in range(len(values)):
        others = np.delete(values, place)
        sums = np.array([sum(draw) for draw in combinations(others.tolist(), 3)])
        own = values[near[place]].sum()
        least = min((sums >= own).mean(), (sums <= own).mean())
        noise = 2 * 5 * math.sqrt(max(least, 1e-3) / permutations)
        assert found.at[place, "p"] == pytest.approx(min(1, 2 * least), abs=noise)
    assert found["p"].min() < 0.01


def test_false_discoveries_are_bounded_as_by_hand():
    random = np.random.default_rng(2)
    found = local_clusters(random.normal(size=100), grid(10), seed=1, permutations=499)
    p = found["p"].to_numpy(float)
    order = np.argsort(p, kind="stable")
    least, expected = 1.0, np.empty(100)
    for rank in range(100, 0, -1):
        least = min(least, p[order[rank - 1]] * 100 / rank)
        expected[order[rank - 1]] = least
    np.testing.assert_allclose(found["q"].to_numpy(float), expected, rtol=1e-12)
    assert ((found["cluster"] != "") == (found["q"] <= 0.05)).all()


def test_a_poor_corner_and_a_rich_one_are_found_and_nothing_else():
    random = np.random.default_rng(7)
    values = random.normal(50, 1, 100).reshape(10, 10)
    values[:3, :3] -= 20
    values[7:, 7:] += 20
    values[1, 1] = 70
    found = local_clusters(values.ravel(), grid(10), seed=1)
    named = found["cluster"].to_numpy(object).reshape(10, 10)
    assert named[1, 1] == "high_among_low"
    assert (named[:4, :4] == "low").sum() == (named == "low").sum() >= 2
    assert named[8, 8] == "high"
    assert (named[4:6] == "").all()
    assert found.at[88, "gi_star"] > 4
    assert found.at[12, "gi_star"] < 0


def test_where_there_is_nothing_little_is_found():
    """Fifty maps of pure chance: with raw p almost every one would show a cluster."""
    random = np.random.default_rng(11)
    raw, kept = 0, 0
    for number in range(50):
        found = local_clusters(random.normal(size=49), grid(7), seed=number, permutations=1999)
        raw += bool((found["p"] <= 0.05).any())
        kept += bool((found["cluster"] != "").any())
    assert raw >= 35
    assert kept <= 8


@given(st.integers(0, 2**31), st.permutations(range(36)))
def test_the_seed_decides_and_the_order_of_rows_does_not(seed, order):
    values = (np.arange(36) * 7 % 11).astype(float)
    neighbours = grid(6)
    found = local_clusters(values, neighbours, seed=seed, permutations=99)
    again = local_clusters(values, neighbours, seed=seed, permutations=99)
    pd.testing.assert_frame_equal(found, again)
    mixed = local_clusters(values[order], neighbours[order][:, order], seed=seed, permutations=99)
    pd.testing.assert_series_equal(mixed["p"], found["p"].iloc[order].reset_index(drop=True))
    pd.testing.assert_series_equal(
        mixed["cluster"], found["cluster"].iloc[order].reset_index(drop=True)
    )


def test_blocks_of_permutations_are_all_used(monkeypatch):
    drawn = []
    original = clusters._draws

    def counted(*arguments):
        for block in original(*arguments):
            drawn.append(block.shape)
            assert all(len(set(column)) == len(column) for column in block.T.tolist())
            yield block

    monkeypatch.setattr(clusters, "_draws", counted)
    monkeypatch.setattr(clusters, "BLOCK_CELLS", 35 * 40)
    local_clusters(np.arange(36.0), grid(6), seed=1, permutations=99)
    assert drawn == [(8, 40), (8, 40), (8, 19)]


@pytest.mark.parametrize(
    ("values", "neighbours", "reason"),
    [
        (np.arange(25.0), grid(5), "few_places"),
        (np.full(36, 3.3), grid(6), "all_alike"),
        (np.arange(36.0), csr_matrix((36, 36)), "few_neighbours"),
        (np.array([]), csr_matrix((0, 0)), None),
    ],
)
def test_where_there_is_not_enough_nothing_is_tested_and_it_is_said(values, neighbours, reason):
    found = local_clusters(values, neighbours, seed=1)
    assert set(found["reason"]) == ({reason} if reason else set())
    assert found["p"].isna().all()
    assert (found["cluster"] == "").all()


def test_just_enough():
    found = local_clusters(np.arange(30.0), in_a_row(30, FEWEST_NEIGHBOURS), seed=1)
    assert set(found["reason"]) == {""}
    fewer = local_clusters(np.arange(30.0), in_a_row(30, FEWEST_NEIGHBOURS - 1), seed=1)
    assert set(fewer["reason"]) == {"few_neighbours"}


def test_missing_values_are_refused():
    with pytest.raises(LayerError) as error:
        local_clusters([1.0, math.nan], csr_matrix((2, 2)), seed=1)
    assert error.value.faults[0].code == "E-MEASURE-VALUES"
