"""Places and their towns: each in exactly one, and sums of places told from places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import pandas as pd
from geopandas import GeoDataFrame, GeoSeries

from ..geo.errors import LayerError
from .cells import CellError, lookup_key
from .columns import Match
from .ledger import Ledger, listed
from .lookup import town_at, town_named, town_names
from .rows import column_texts
from .tables import Table

STATED_TOWN_METRES = 2000.0
"""A place may lie this far outside the town that it states: outlines are coarse."""
PLACE_MOST = 200_000
"""More people than this in one place are worth a second look at the unit."""
SUMMED = 10
"""Of so many places none has by chance as many people as all others."""
VILLAGE_CODE = re.compile(r"([0-9]{9})[0-9]{3}")


def place_towns(
    values: pd.DataFrame,
    points: GeoSeries,
    matches: Mapping[str, Match],
    towns: GeoDataFrame,
    ledger: Ledger,
) -> pd.Series:
    """
    Return the one town of every place: the stated one, else the one that holds the point.

    A place whose town is not known, that lies far from it or that is the sum of others is refused.
    """
    names = town_names(towns)
    known = "、".join(towns["name"])
    codes: list[str] = []
    stated, coded = (column_texts(values, column) for column in ("town", "town_code"))
    held = town_at(points, towns)
    for row, name, number, point, at in zip(values.index, stated, coded, points, held, strict=True):
        town = _stated_town(name, number, names)
        header = next((matches[n].header for n in ("town", "town_code") if n in matches), None)
        if town is None and (name or number):
            ledger.refuse(row, "Q-TOWN-UNKNOWN", header, name or number, known=known)
        elif town == "":
            ledger.refuse(row, "Q-TOWN-CLASH", header, f"{name}, {number}")
        elif point is not None and town is None and at is None:
            ledger.refuse(row, "Q-OUTSIDE", value=values.at[row, "name"])
        elif point is not None and town is not None and town != at:
            metres = point.distance(towns.geometry[town])
            if metres > STATED_TOWN_METRES:
                ledger.refuse(row, "Q-TOWN-FAR", header, name or number, metres=f"{metres:.0f}")
        codes.append(town or at or "")
    found = pd.Series(codes, index=values.index, dtype=str)
    _refuse_towns(values, found, towns, ledger)
    _refuse_sum(values, ledger)
    _compare_codes(values, found, stated.where(stated != "", coded), towns, ledger)
    return found


def _stated_town(name: str, number: str, names: dict[str, str]) -> str | None:
    """Return the town that is stated, none if it is not known; empty if name and code differ."""
    found = {town for text in (name, number) if text and (town := town_named(text, names))}
    if len(found) > 1:
        return ""
    return found.pop() if found else None


def _refuse_towns(
    values: pd.DataFrame, codes: pd.Series, towns: GeoDataFrame, ledger: Ledger
) -> None:
    """Refuse rows that are a town as a whole, where its places stand in the table too."""
    sizes = Counter(codes)
    whole = {lookup_key(name): str(town) for town, name in towns["name"].items()}
    whole |= {f"{town}{end}": str(town) for town in towns.index for end in ("", "000")}
    for row, code, name, place in zip(
        values.index, codes, values["name"], values["place"], strict=True
    ):
        town = whole.get(lookup_key(name or "")) or whole.get(place or "")
        if town and sizes[town] > (code == town):
            ledger.refuse(row, "Q-TOTAL")


def _refuse_sum(values: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse the row that holds as many people as all others together: a total by another name."""
    counts = {row: int(n) for row, n in values["people"].items() if n}
    everything = sum(counts.values())
    for row, count in counts.items():
        if 2 * count == everything and len(counts) > SUMMED:
            ledger.refuse(cast(int, row), "Q-TOTAL")


def _compare_codes(
    values: pd.DataFrame, codes: pd.Series, stated: pd.Series, towns: GeoDataFrame, ledger: Ledger
) -> None:
    """Warn where table and outlines speak of different towns: both may be of different years."""
    names = town_names(towns)
    unknown = sorted({name for name in stated if name and town_named(name, names) is None})
    if unknown:
        missing = [towns["name"][town] for town in towns.index if town not in set(codes)]
        ledger.warn("W-TOWN-SETS", unknown=listed(unknown), missing=listed(missing) or "—")
    other: Counter[str] = Counter()
    for place, town in zip(values["place"], codes, strict=True):
        match = VILLAGE_CODE.fullmatch(place or "")
        if match and town and match[1] != town:
            other[f"{match[1]} = {town} {towns['name'][town]}"] += 1
    if other:
        ledger.warn("W-PLACE-CODES", count=other.total(), pairs=listed(sorted(other)))


def check_totals(
    table: Table, values: pd.DataFrame, codes: pd.Series, match: Match, ledger: Ledger
) -> None:
    """
    Warn of total rows that do not add up and of unlikely numbers.

    Raises
    ------
    LayerError
        Nobody lives in the rows that are left.
    """
    if not ledger.people_ok:
        raise LayerError(ledger.fault("E-PEOPLE-ZERO"), *ledger.faults)
    many = [row for row, n in values["people"].items() if n is not None and n > PLACE_MOST]
    if many:
        ledger.warn("W-PEOPLE-MANY", match.header, most=PLACE_MOST, rows=listed(many))
    totals = {fault.row for fault in ledger.faults if fault.code == "Q-TOTAL"}
    by_town = _sums(values, codes, totals)
    since = everything = 0
    for row, cell in table.cells[match.header].items():
        if row not in totals:
            counted = int(values["people"].get(row) or 0)
            since, everything = since + counted, everything + counted
            continue
        try:
            stated = match.parse(cell)
        except CellError:
            stated = None
        if stated not in (since, everything, ledger.people_in, *by_town):
            ledger.warn("W-TOTAL", match.header, total=cell, row=row, sum=everything)
        since = 0


def _sums(values: pd.DataFrame, codes: pd.Series, totals: set[int | None]) -> Sequence[int]:
    """Return the people of every town, without rows that are totals."""
    sums: Counter[str] = Counter()
    for row, count in values["people"].items():
        if row not in totals:
            sums[str(codes[cast(int, row)])] += int(count or 0)
    return list(sums.values())
