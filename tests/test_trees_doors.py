"""The next node of who is neighbour of a door at which no time passes."""

from __future__ import annotations

import numpy as np
import pytest

from kepu.geo.network import quickest_arcs
from kepu.geo.snap import Doors, Snaps
from kepu.geo.trees import tree


@pytest.mark.parametrize("engine", ["scipy", "bucket"])
def test_a_door_that_takes_no_time_is_still_the_next_node(engine):
    """0 - 1 - 2 - 3 in a row; the venue stands on node 3 itself. Nothing leads to node 4."""
    node = np.arange(3)
    ahead = quickest_arcs(
        np.concatenate([node, node + 1]), np.concatenate([node + 1, node]),
        np.array([5, 6, 7, 5, 6, 7]), 5,
    )  # fmt: skip
    snaps = Snaps(np.zeros(1, np.int64), np.ones(1), np.zeros(1), np.zeros(1, bool))
    goal = Doors(snaps, np.array([[2, 3]]), np.array([[7, 0]]), np.array([[True, True]]),
                 np.zeros(1))  # fmt: skip
    ticks, following = tree(ahead, goal, 0, horizon=1000, engine=engine)
    assert ticks.tolist() == [18, 13, 7, 0, -1]
    # From node 2 the venue's door is as near as node 3: the door it is.
    assert following.tolist() == [1, 2, -1, -1, -1]
    alone = Doors(snaps, goal.node, goal.ticks, np.array([[False, True]]), np.zeros(1))
    assert tree(ahead, alone, 0, horizon=1000, engine=engine)[1].tolist() == [1, 2, 3, -1, -1]
