"""
The instructions of `geo/lanes.py` in plain numpy: what each of them means.

`test_lanes.py` compares the compiled ones with them; where nothing is compiled
(`NUMBA_DISABLE_JIT=1`) they take their place, see `conftest.py`.
"""

from __future__ import annotations

import numpy as np

from kepu.geo.lanes import LANES

NAMES = ("take", "put", "send", "nothing", "later", "sooner", "within", "reached", "fetch")


def most(lanes):
    """The largest number, which means unreached."""
    return np.iinfo(lanes.dtype).max


def take(array, at):
    return array[at : at + LANES].copy()


def put(array, at, lanes):
    array[at : at + LANES] = lanes


send = put


def nothing(array):
    return np.full(LANES, most(array), array.dtype)


def later(lanes, number):
    return np.minimum(lanes.astype(np.int64) + number, most(lanes)).astype(lanes.dtype)


def sooner(one, other):
    return np.minimum(one, other)


def within(lanes, bound):
    return np.where(lanes <= bound, lanes, most(lanes)).astype(lanes.dtype)


def reached(lanes):
    return bool((lanes != most(lanes)).any())


def fetch(array, at):
    """Nothing that can be seen."""
