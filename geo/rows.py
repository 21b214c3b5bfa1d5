"""
What sweeps write on: a row of times for every node, kept with the hierarchy for the next sweep.

Memory that is new costs more than a sweep of a city: the system hands it out page by page and wipes
each. So rows are lent and not made, and lie on large pages where the system has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .compiled import Array
from .hierarchy import BLOCK, Hierarchy

CACHE_LINE = 64
LARGE_PAGE = 1 << 21
"""Bytes; numpy asks for such pages from twice as many on."""


class Rows:
    """
    What a sweep writes on: kept from one to the next.

    What stands in a row counts only while it is live; each sweep leaves all of them dead.
    """

    def __init__(self, rows: int, width: int, bits: int) -> None:
        """Make rows of `width` numbers (16 or 32) of so many bits, a row on a cache line."""
        self.times = aligned(rows * width, bits)
        self.width = width
        self.live = np.zeros(rows, np.uint8)
        self.blocks = np.zeros(rows // BLOCK + 1, np.uint8)


def aligned(count: int, bits: int) -> Array:
    """Return numbers of so many bits whose first lies at the begin of a cache line."""
    kind = np.dtype(f"uint{bits}")
    size = count * kind.itemsize
    begin = LARGE_PAGE if size >= LARGE_PAGE else CACHE_LINE
    room = np.empty(size + 2 * begin, np.uint8)
    skip = -room.ctypes.data % begin
    return room[skip : skip + size].view(kind)


def room(places: int, columns: int, bits: int, found: Array | None) -> Array:
    """
    Return an array for answers, shape (places, columns): `found` if there is one, or a new one.

    Raises
    ------
    ValueError
        `found` was not made here, or for something else.
    """
    if found is None:
        return aligned(places * columns, bits).reshape(places, columns)
    if found.shape != (places, columns) or found.itemsize * 8 != bits:
        raise ValueError(f"found is not {places} x {columns} numbers of {bits} bits")
    if found.ctypes.data % CACHE_LINE:
        raise ValueError("found must begin at the begin of a cache line")
    return found


@contextmanager
def lent(hierarchy: Hierarchy, width: int, bits: int) -> Iterator[Rows]:
    """Lend rows of a hierarchy to one thread; what was broken off is not lent again."""
    spare = hierarchy.spare.setdefault((width, bits), [])
    rows = spare.pop() if spare else Rows(len(hierarchy.row), width, bits)
    yield rows
    spare.append(rows)
