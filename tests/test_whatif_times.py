"""Times told in few numbers: whatever is told comes back, and what is regular takes few."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kepu.atlas_measures import ACCESS
from kepu.maps.pack import packed
from kepu.maps.whatif import Reached, Spots, whatif_part
from kepu.maps.whatif_times import told

NONE = np.empty(0, np.int64)


def restored(numbers: dict[str, Any], places: int) -> list[list[int | None]]:
    """Read the numbers as the page does, in plain loops; None for what is not reached."""
    jumps = dict(zip(np.cumsum(numbers["gap"]).tolist(), numbers["rest"].tolist(), strict=True))
    turns = set(np.cumsum(numbers["runs"]).tolist())
    steps = [[0] * places]
    found: list[list[int | None]] = []
    is_reached = False
    for row, like in enumerate(numbers["like"].tolist()):
        own = [steps[like][p] + jumps.get(row * places + p, 0) for p in range(places)]
        steps.append(own)
        times: list[int | None] = []
        for p in range(places):
            is_reached ^= row * places + p in turns
            times.append(sum(own[: p + 1]) if is_reached else None)
        found.append(times)
    return found


@given(st.data(), st.integers(0, 12), st.integers(0, 9))
def test_what_is_told_comes_back(data, rows, places):
    shape = (rows, places)
    few = st.integers(0, 5) | st.integers(0, 2**31 - 1)
    ticks = data.draw(arrays.arrays(np.uint32, shape, elements=few))
    is_reached = data.draw(arrays.arrays(bool, shape))
    expected = [
        [int(t) if known else None for t, known in zip(*one, strict=True)]
        for one in zip(ticks, is_reached, strict=True)
    ]
    assert restored(told(ticks, is_reached), places) == expected


def test_a_hand_told_table():
    """Two sites at the ends of a street of three houses, and one that only the last one reaches."""
    ticks = np.array([[0, 10, 20], [5, 15, 25], [20, 10, 0]])
    is_reached = np.array([[True, True, True], [False, False, True], [True, True, True]])
    numbers = told(ticks, is_reached)
    assert numbers["like"].tolist() == [0, 1, 2]
    assert (numbers["gap"].tolist(), numbers["rest"].tolist()) == (
        [1, 1, 3, 1, 1, 1], [10, 10, 5, 20, -20, -25],
    )  # fmt: skip
    assert numbers["runs"].tolist() == [0, 3, 2]


def tables(places: int, sites: int, noise: int = 0) -> Reached:
    """Return the times of houses along one street, seen from sites on it; noise tells much more."""
    at = np.arange(places) * 90
    ticks = np.abs(at[:, None] - np.linspace(0, at[-1], sites).astype(np.int64)).astype(np.uint32)
    ticks += np.random.default_rng(3).integers(0, noise + 1, ticks.shape, np.uint32)
    horizon = int(ticks.max())
    return Reached("car", "", np.arange(sites), ticks, horizon, [0.2 * horizon / 600])


def part_of(table: Reached, most: int) -> dict[str, Any]:
    spots = Spots([], [], [], [], NONE, NONE, NONE)
    along = np.arange(len(table.ticks))
    part = whatif_part(
        [table], along=along, venue=table.sites, spots=spots, names={}, access=ACCESS,
        most_bytes=most,
    )  # fmt: skip
    block: Any = part.block
    return block["tables"][0]


def cells_of(table: Reached, told_of: dict[str, Any]) -> npt.NDArray[np.bool_]:
    found = restored(told_of, len(table.ticks))
    return np.array([[t is not None for t in row] for row in found]).T


def test_times_that_do_not_fit_are_left_out_from_the_longest():
    """Never in silence: a table says up to where it goes, and is whole up to there."""
    table = tables(60, 25, noise=200)
    whole = part_of(table, 1_000_000)
    assert whole["isWhole"]
    assert whole["limit"] == table.horizon
    assert cells_of(table, whole).all()
    seen = []
    for most in range(len(packed("", whole)), 0, -40):
        cut = part_of(table, most)
        assert (cells_of(table, cut) == (table.ticks <= cut["limit"])).all()
        assert cut["isWhole"] is (cut["limit"] == table.horizon)
        assert cut["limit"] == 0 or len(packed("", cut)) <= most
        seen.append(cut["limit"])
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) > 2
    assert seen[-1] == 0


def test_a_regular_table_takes_few_numbers():
    table = tables(400, 50)
    assert len(told(table.ticks.T, table.ticks.T >= 0)["gap"]) < 0.05 * table.ticks.size
