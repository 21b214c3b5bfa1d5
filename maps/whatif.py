"""
What the page needs to think otherwise: who reaches each site in how many ticks, as sparse lists.

A site is a venue of the table, whatever its status, or a spot where one could be opened. Times are
the integers of the analysis, so that the page counts exactly what the analysis counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pack import Part

SCRIPTS = ("whatif_run.js", "whatif_file.js", "whatif_panel.js", "whatif.js")
DEGREE_STEPS = 10_000_000
"""Coordinates of new sites are whole steps of 1e-7 degrees (1 cm): the page writes them exactly."""
MOST_ENTRIES = 500_000
"""So many (site, place) pairs take about 1.5 MB of the page."""
TICKS_A_MINUTE = 600

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Reached:
    """
    Times of one mode, and of one group if it has a pace of its own, from p places to s sites.

    Parameters
    ----------
    mode, group
        How; an empty group is everybody.
    sites
        Numbers of the sites, s of them, ascending.
    ticks
        Shape (p, s); what is beyond `horizon` is not reached.
    horizon
        The longest time that was searched for, ticks.
    limits
        Thresholds of the standards that use these times, minutes.
    """

    mode: str
    group: str
    sites: Ints
    ticks: npt.NDArray[np.uint32]
    horizon: int
    limits: Sequence[float]


@dataclass(frozen=True, eq=False)
class Spots:
    """
    Where new venues could be opened, s of them: their sites follow those of the venues.

    Parameters
    ----------
    id, name
        Of the candidate, the place or the host.
    origin
        file, place or host.
    types
        The only type that a spot is meant for; empty for any.
    host
        Shape (s,), number of the venue that would take in the new one, else -1.
    lon, lat
        Shape (s,), steps of 1e-7 degrees WGS 84.
    left
        How many more candidates there are, which the page does not tell.
    """

    id: Sequence[str]
    name: Sequence[str]
    origin: Sequence[str]
    types: Sequence[str]
    host: npt.NDArray[np.integer]
    lon: Ints
    lat: Ints
    left: int = 0


def whatif_part(
    tables: Sequence[Reached],
    *,
    venue: npt.NDArray[np.integer],
    spots: Spots,
    names: Mapping[str, str],
    most_entries: int = MOST_ENTRIES,
) -> Part:
    """
    Return the part of the page that answers scenarios.

    Parameters
    ----------
    tables
        Times.
    venue
        Shape (v,), by site: the number of its venue.
    spots
        The further sites.
    names
        Venue types: what a new venue of each is called.
    most_entries
        Beyond so many pairs the longer times are left out; the page says so.
    """
    share = most_entries // max(len(tables), 1)
    return Part(
        "whatif",
        SCRIPTS,
        "whatif.css",
        {
            "tables": [_listed(table, share) for table in tables],
            "venue": venue,
            "spots": vars(spots),
            "names": dict(names),
        },
    )


def _listed(table: Reached, most: int) -> dict[str, object]:
    """Return the lists of one table up to the longest limit that they have room for."""
    longest = int(max(table.limits) * TICKS_A_MINUTE)
    for limit in (table.horizon, 2 * longest, longest * 3 // 2, longest):
        near = table.ticks <= np.uint32(min(limit, table.horizon))
        if near.sum() <= most:
            break
    site, place = np.nonzero(near.T)
    first = np.searchsorted(site, np.arange(len(table.sites) + 1))
    step = np.diff(place, prepend=0)
    step[first[:-1][np.diff(first) > 0]] = place[first[:-1][np.diff(first) > 0]]
    return {
        "mode": table.mode,
        "group": table.group,
        "limit": int(min(limit, table.horizon)),
        "isWhole": bool(limit >= table.horizon),
        "sites": table.sites,
        "first": first.astype(np.int64),
        "step": step.astype(np.int64),
        "ticks": table.ticks.T[near.T].astype(np.int64),
    }
