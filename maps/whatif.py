"""
What the page needs to think otherwise: who reaches each site in how many ticks.

A site is a venue of the table, or a spot where one could be opened. Times are the integers of the
analysis, so that the page counts exactly what the analysis counts: scenarios, and access of choices
that are no standard. Where they take too many bytes the longest are left out, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pack import Part, packed
from .whatif_times import told

SCRIPTS = (
    "whatif_times.js", "whatif_run.js", "whatif_access.js", "whatif_file.js", "whatif_panel.js",
    "whatif.js",
)  # fmt: skip
DEGREE_STEPS = 10_000_000
"""Coordinates of new sites are whole steps of 1e-7 degrees (1 cm): the page writes them exactly."""
MOST_BYTES = 1_700_000
"""Of the page, for the times of all modes and paces together."""
LONGEST = (2.0, 1.5, 1.0, 0.75, 0.5, 0.25, 0.0)
"""Times as long as so many times the longest threshold are tried when all of them are too many."""
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
        Numbers of the sites, s of them, in an order in which neighbours follow one another: what
        is in no order costs bytes, nothing else.
    ticks
        Shape (p, s); what is beyond `horizon` is not reached.
    horizon
        The longest time that was searched for, ticks.
    limits
        Thresholds for which these times are kept when not all of them fit, minutes.
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


@dataclass(frozen=True, eq=False)
class Access:
    """
    How access of a choice is counted and told: each venue shared among who reaches it, E2SFCA.

    Parameters
    ----------
    name, english, basis
        What it is called and founded on.
    zones, weights
        Shares of the limit at which zones end, ascending to 1, and what a venue weighs in each.
    people
        It is told for so many of a group.
    units
        By group: what it is counted in.
    scale
        Values are whole multiples of 1 / `scale`.
    parts, labels
        Where classes end against the mean of all, ascending, and their names, the best first.
    """

    name: str
    english: str
    basis: str
    zones: Sequence[float]
    weights: Sequence[float]
    people: int
    units: Mapping[str, str]
    scale: int
    parts: Sequence[float]
    labels: Sequence[str]


def whatif_part(
    tables: Sequence[Reached],
    *,
    along: Ints,
    venue: npt.NDArray[np.integer],
    spots: Spots,
    names: Mapping[str, str],
    access: Access,
    most_bytes: int = MOST_BYTES,
) -> Part:
    """
    Return the part of the page that answers scenarios.

    Parameters
    ----------
    tables
        Times.
    along
        Shape (p,): numbers of the places in an order in which neighbours follow one another.
    venue
        Shape (v,), by site: the number of its venue.
    spots
        The further sites.
    names
        Venue types: what a new venue of each is called.
    access
        How it is counted.
    most_bytes
        For the times; the longest are left out until they fit.
    """
    listed = [_listed(table, along, table.horizon) for table in tables]
    for share in LONGEST:
        if sum(len(packed("", table)) for table in listed) <= most_bytes:
            break
        limits = [int(share * max(table.limits) * TICKS_A_MINUTE) for table in tables]
        listed = [_listed(table, along, limit) for table, limit in zip(tables, limits, strict=True)]
    return Part(
        "whatif",
        SCRIPTS,
        "whatif.css",
        {
            "tables": listed,
            "along": along,
            "venue": venue,
            "spots": vars(spots),
            "names": dict(names),
            "access": vars(access),
        },
    )


def _listed(table: Reached, along: Ints, limit: int) -> dict[str, object]:
    """Tell the times of one table up to a limit in ticks."""
    limit = min(limit, table.horizon)
    ticks = table.ticks[along].T
    return {
        "mode": table.mode,
        "group": table.group,
        "limit": limit,
        "isWhole": limit == table.horizon,
        "sites": table.sites,
        **told(ticks, ticks <= np.uint32(limit)),
    }
