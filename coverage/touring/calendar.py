"""
Dates: the days of a van and the stays of a set, and visits to one place spread over the year.

Which trips are made is settled before; here each gets a date on which all its hosts are open.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .fleets import Flags
from .trips import Whole

Date = datetime.date
Span = tuple[Date, Date]
"""First and last day, both inside."""
DAY = datetime.timedelta(days=1)
ROUNDS_OF_SWAPS = 6


@dataclass(frozen=True, eq=False)
class Periods:
    """
    Days or stays of a unit, in order.

    Parameters
    ----------
    spans
        n of them; a day of a van begins and ends on the same date.
    open
        Shape (n, h): the hosts that can be visited.
    """

    spans: tuple[Span, ...]
    open: Flags

    def kinds(self) -> tuple[Flags, npt.NDArray[np.intp]]:
        """Return the different sets of open hosts (k, h), and the kind of each period (n,)."""
        if not self.spans:
            return self.open[:0], np.zeros(0, np.intp)
        rows, kind = np.unique(self.open, axis=0, return_inverse=True)
        return rows, kind.ravel()


def inside(date: Date, spans: Iterable[Span]) -> bool:
    """Tell whether a date lies in any of some spans, their ends included."""
    return any(first <= date <= last for first, last in spans)


def working_days(whole: Span, weekdays: Sequence[int], off: Sequence[Span]) -> list[Date]:
    """List the dates of some weekdays (1 is Monday) that are not off."""
    count = (whole[1] - whole[0]).days + 1
    dates = [whole[0] + n * DAY for n in range(count)]
    return [date for date in dates if date.isoweekday() in weekdays and not inside(date, off)]


def days(dates: Sequence[Date], closed: Sequence[Sequence[Span]]) -> Periods:
    """
    Return the days of a van.

    Parameters
    ----------
    dates
        On which it works.
    closed
        By host: the spans in which it cannot be visited.
    """
    table = np.array([[not inside(date, spans) for spans in closed] for date in dates], bool)
    return Periods(tuple((date, date) for date in dates), table.reshape(len(dates), len(closed)))


def stays(
    whole: Span, stay_days: int, setup_days: int, cuts: Sequence[Date], off: Sequence[Span],
    closed: Sequence[Sequence[Span]], weekdays: Sequence[int] = (1, 2, 3, 4, 5, 6, 7),
) -> Periods:  # fmt: skip
    """
    Return the stays of a set: each after so many days of moving and setting up.

    The year is cut where terms begin and end, and each part is filled with as many stays as it
    holds, alike long; a part too short for one is left for repairs.

    Parameters
    ----------
    stay_days
        A stay is so long at least, calendar days.
    cuts
        Dates on which a new part begins.
    off
        Days on which the unit does not work.
    closed
        By host: a host can be used that is open on all working days of the stay.
    """
    edges = sorted({whole[0], *(cut for cut in cuts if whole[0] < cut <= whole[1]), whole[1] + DAY})
    spans = []
    for first, end in pairwise(edges):
        length = (end - first).days
        count = length // (stay_days + setup_days)
        marks = [first + (n * length // max(count, 1)) * DAY for n in range(count + 1)]
        spans += [(a + setup_days * DAY, b - DAY) for a, b in pairwise(marks)]
    rows = []
    for span in spans:
        works = working_days(span, weekdays, off)
        rows.append([bool(works) and not any(inside(d, gone) for d in works) for gone in closed])
    return Periods(tuple(spans), np.array(rows, bool).reshape(len(spans), len(closed)))


def dated(periods: Periods, units: int, kind: Whole, hosts: Flags, serves: Flags) -> Whole:
    """
    Give each of t trips a period, visits to one place as far apart as can be.

    Trips are put one by one, those that share most with others first, each where its nearest
    neighbour in time that serves one of its places is farthest; then moved and swapped while that
    helps. Where that way leads nowhere, all trips begin in a period of their own kind.

    Parameters
    ----------
    units
        So many trips fit into a period.
    kind
        Shape (t,): kinds of periods into which all trips fit.
    hosts
        Shape (t, h): where each trip stops; all must be open.
    serves
        Shape (t, p): what each trip visits; two that visit the same are kept apart.

    Returns
    -------
    int, shape (t,)
        Number of the period of each trip.

    Raises
    ------
    ValueError
        More trips than periods of a kind.
    """
    _, kinds = periods.kinds()
    at = np.array([(first.toordinal() + last.toordinal()) / 2 for first, last in periods.spans])
    alike = (serves.astype(np.int64) @ serves.T.astype(np.int64)) > 0
    np.fill_diagonal(alike, False)
    fits = ~(hosts.astype(np.int64) @ (~periods.open).T.astype(np.int64)).astype(bool)
    place = _placed(fits, units, alike, at)
    if place is None:
        place = _placed(fits & (kinds[None, :] == kind[:, None]), units, alike, at)
    if place is None:
        raise ValueError("more trips than periods")
    room = units - np.bincount(place, minlength=len(at))
    for _ in range(ROUNDS_OF_SWAPS):
        if not _improved(place, room, fits, alike, at):
            break
    return place


def _placed(fits: Flags, units: int, alike: Flags, at: Whole) -> Whole | None:
    """Put trips one by one, those of fewest periods first; None where one finds no room."""
    room, place = np.full(len(at), units), np.full(len(fits), -1)
    order = np.lexsort((np.arange(len(fits)), -alike.sum(axis=1), fits.sum(axis=1)))
    for trip in order:
        options = np.flatnonzero(fits[trip] & (room > 0))
        if not len(options):
            return None
        place[trip] = options[_best(trip, options, place, alike, at)]
        room[place[trip]] -= 1
    return place


def _apart(
    trip: np.signedinteger | int, options: Whole, place: Whole, alike: Flags, at: Whole
) -> Whole:
    """Return by option the days to the nearest trip that visits the same, shape (o,)."""
    near = at[place[alike[trip] & (place >= 0)]]
    if not len(near):
        return np.full(len(options), np.inf)
    return np.asarray(np.abs(at[options][:, None] - near[None, :]).min(axis=1))


def _best(
    trip: np.signedinteger | int, options: Whole, place: Whole, alike: Flags, at: Whole
) -> int:
    """Return which option is farthest; of equal ones the one with most free days around."""
    apart = np.minimum(_apart(trip, options, place, alike, at), 1e6)
    used = at[place[place >= 0]]
    lonely = np.abs(at[options][:, None] - used[None, :]).min(axis=1) if len(used) else 0 * apart
    return int(np.lexsort((np.arange(len(options)), -lonely, -np.round(apart, 3)))[0])


def _improved(place: Whole, room: Whole, fits: Flags, alike: Flags, at: Whole) -> bool:
    """Move or swap trips where the nearer of the two gaps grows; tell whether any did."""
    moved = False
    for trip in np.flatnonzero(alike.any(axis=1)):
        now = _apart(trip, place[[trip]], place, alike, at)[0]
        options = np.flatnonzero(fits[trip] & (room > 0))
        apart = _apart(trip, options, place, alike, at)
        if len(options) and apart.max() > now:
            room[place[trip]] += 1
            place[trip] = options[int(apart.argmax())]
            room[place[trip]] -= 1
            moved, now = True, apart.max()
        swaps = fits[trip, place] & fits[:, place[trip]] & ~alike[trip] & (place != place[trip])
        for other in np.flatnonzero(swaps):
            if not (fits[trip, place[other]] and fits[other, place[trip]]):
                continue
            theirs = _apart(other, place[[other]], place, alike, at)[0]
            place[[trip, other]] = place[[other, trip]]
            after = [_apart(one, place[[one]], place, alike, at)[0] for one in (trip, other)]
            if min(after) > min(now, theirs):
                moved, now = True, after[0]
            else:
                place[[trip, other]] = place[[other, trip]]
    return moved


def transfers(
    places: Sequence[Sequence[int]], legs: npt.NDArray[np.integer], depot: int
) -> list[list[int]]:
    """
    Hand the stays of each slot to sets so that they travel least from slot to slot.

    Parameters
    ----------
    places
        By slot: the hosts that are used, at most as many as sets.
    legs
        Metres from row to column, the depot among them.

    Returns
    -------
    list of list of int
        By slot: the host of each set, the depot for a set that rests there.
    """
    from scipy.optimize import linear_sum_assignment

    sets = max((len(hosts) for hosts in places), default=0)
    where, found = [depot] * sets, []
    for hosts in places:
        goals = [*hosts, *[depot] * (sets - len(hosts))]
        cost = np.asarray(legs)[np.ix_(where, goals)].astype(float)
        _, chosen = linear_sum_assignment(cost)
        where = [goals[goal] for goal in chosen]
        found.append(where)
    return found
