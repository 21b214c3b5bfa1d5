"""
The p-median (Hakimi 1964): p sites with the smallest sum of people x time to the nearest.

Swaps on neighbour lists give a plan, a Lagrangian bound (Cornuéjols, Fisher & Nemhauser 1977)
settles most candidates, and HiGHS decides among the rest in the form with a variable for each place
and distance (Cornuéjols, Nemhauser & Wolsey 1980), as far out as it needs to look (García, Labbé &
Marín 2011).
"""

from __future__ import annotations

from .answers import Answer, Watch, impossible, judged
from .median_program import Distances, lists_of, rest
from .median_spaced import spaced
from .rules import Rules

FEW_UNSETTLED = 4
"""So few candidates HiGHS settles sooner than a higher bound does."""


def median(
    table: Distances, rules: Rules, watch: Watch, *, exact: bool = True, gap: float = 0.0
) -> Answer:
    """
    Find the plan of least cost; a number, settled sites and distances are kept to.

    Parameters
    ----------
    exact
        Whether to prove it; otherwise the heuristic and its bound only.
    gap
        Being this near to the bound is enough.
    """
    m = table.cost.shape[1]
    fixed, forbidden = rules.settled(m)
    count = min(rules.count or 0, m - int(forbidden.sum()))
    if int(fixed.sum()) > (rules.count or 0):
        return impossible(watch)
    if count == 0:
        return judged([], table.value([]), table.value([]), watch, step=1.0)
    if len(rules.apart):
        return spaced(table, rules, count, watch)
    from .median_search import MedianSearch

    lists = lists_of(table, ~forbidden)
    few = FEW_UNSETTLED if exact else 0
    search = MedianSearch(table, lists, count, fixed, forbidden, watch, few)
    search.raise_and_swap(gap)
    if search.near_enough(gap) or not exact or watch.over:
        return judged(search.best, search.value, search.bound, watch, step=1.0)
    found, proved = rest(table, lists, search.state, rules, count, search.best, search.price, watch)
    best = found if table.value(found) < search.value else search.best
    value = table.value(best)
    return judged(best, value, min(max(search.bound, proved), value), watch, step=1.0)
