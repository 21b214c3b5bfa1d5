"""
Times from many sites to many places, told exactly in few bytes: what the page's scenarios count on.

Two places beside each other differ by the same ticks seen from nearly every site, because the
quickest ways to both are one but for their ends. So a row is told by its steps from place to place
less the steps of an earlier row that is most like it: nearly all of them are zero. Only the others
are told, each as its value and how far it is from the one before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROWS_BACK = 8
"""So many rows before are tried; sites stand along a curve, so one of them is near."""

Ints = npt.NDArray[np.int64]


def told(ticks: npt.NDArray[np.integer], is_reached: npt.NDArray[np.bool_]) -> dict[str, Ints]:
    """
    Tell a table in few numbers; `whatif_times.js` restores just what is reached.

    Parameters
    ----------
    ticks
        Shape (s, p): sites, and places, each in an order in which neighbours follow one another.
    is_reached
        Shape (s, p): the entries to tell.

    Returns
    -------
    dict
        `like`, shape (s,): the row whose steps those of a row are told by, counted from 1; 0 for no
        steps at all. `gap` and `rest`, shape (k,): where the steps differ, in cells of the table
        row by row from the one before, and by how many ticks. `runs`: lengths of what is, in turn,
        not reached and reached, row by row, without the last.
    """
    rows, places = ticks.shape
    steps = np.zeros((rows + 1, places), np.int64)
    rest = np.zeros((rows, places), np.int64)
    like = np.zeros(rows, np.int64)
    known = np.where(is_reached, np.arange(places), -1)
    last = np.maximum.accumulate(known, axis=1) if places else known
    for row in range(rows):
        earlier = range(row, max(-1, row - ROWS_BACK), -1)
        tries = {other: _steps(ticks[row], last[row], steps[other]) for other in earlier}
        left = {other: found - steps[other] for other, found in tries.items()}
        like[row] = min(earlier, key=lambda other: int(np.count_nonzero(left[other])))
        steps[row + 1], rest[row] = tries[like[row]], left[like[row]]
    cells = np.flatnonzero(rest)
    turns = np.flatnonzero(np.diff(is_reached.ravel(), prepend=False))
    return {
        "like": like,
        "gap": np.diff(cells, prepend=0),
        "rest": rest.ravel()[cells],
        "runs": np.diff(turns, prepend=0),
    }


def _steps(ticks: npt.NDArray[np.integer], last: Ints, steps: Ints) -> Ints:
    """
    Return the steps of a row; where nothing is reached they are those of the other row.

    So the row goes on there as if it were reached, and nothing has to be told.
    """
    total = np.cumsum(steps)
    begun = last >= 0
    at = np.where(begun, last, 0)
    row = total + np.where(begun, ticks[at].astype(np.int64) - total[at], 0)
    found: Ints = np.diff(row, prepend=0)
    return found
