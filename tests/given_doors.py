"""Doors of points whose times are given, for tests of what is counted from times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kepu.geo.snap import NOWHERE, Doors, Snaps


def doors(size: int, *, apart: Sequence[int] = ()) -> Doors:
    """Doors of so many points at no distance from their road; those apart have none."""
    edge, zero = np.zeros(size, np.int64), np.zeros((size, 2), np.int64)
    edge[list(apart)] = NOWHERE
    snaps = Snaps(edge, np.zeros(size), np.zeros(size), np.zeros(size, bool))
    return Doors(snaps, zero, zero, zero == 0, np.zeros(size))
