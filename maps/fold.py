"""
Times told as steps from neighbour to neighbour: what a page knows of most, made small.

Places are walked through in strips of the map. Of each the time less its walk to the road is told
as the step from the place before it, and its venue by its number among those of the type. The page
undoes this to the last tenth of a second (`web_fold.js`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .pack import UNREACHED

Ints = npt.NDArray[np.int64]

PLACES_A_STRIP = 1.5
"""Strips are so wide that a place on the way to the next is about as far aside as ahead."""
MS_A_TICK = 100


def strip_steps(lat: Ints, lng: Ints) -> int:
    """Return how wide the strips are, in steps of the grid."""
    if len(lat) < 2:
        return 1
    area = float(np.ptp(lat)) * float(np.ptp(lng))
    return max(1, int((PLACES_A_STRIP * area / len(lat)) ** 0.5))


def walk_through(lat: Ints, lng: Ints, strip: int) -> Ints:
    """Return the places strip by strip, forth and back; of equal ones the first comes first."""
    row = lat // strip
    return np.lexsort((np.arange(len(lat)), np.where(row % 2 == 0, lng, -lng), row))


def folded_ticks(ticks: Ints, walk_ms: Ints, order: Ints) -> Ints:
    """Return steps, zigzag and one more, shape (p,); 0 where no venue is reached."""
    told = ticks[order]
    reached = told < UNREACHED
    road = (told - walk_ms[order] // MS_A_TICK)[reached]
    steps = np.diff(road, prepend=0)
    answer = np.zeros(len(ticks), np.int64)
    answer[reached] = ((steps << 1) ^ (steps >> 63)) + 1
    return answer


def folded_venues(venue: Ints, among: Ints, order: Ints) -> Ints:
    """
    Return numbers among the venues of the type, from 1, shape (p,); 0 for none.

    Raises
    ------
    ValueError
        If a venue is of another type.
    """
    told = venue[order]
    place = np.searchsorted(among, told)
    known = told >= 0
    if (np.append(among, -1)[place[known]] != told[known]).any():
        raise ValueError("`reach` refers to unknown venues")
    return np.where(known, place + 1, 0)
