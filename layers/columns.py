"""
Columns: what headers may be called, and which one was meant.

Aliases are Chinese and English, one to one: two headers for one column stop, for nobody but the
owner of the file can tell which one counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..geo.errors import LayerError
from .cells import lookup_key
from .ledger import ORIGIN, Ledger

REMARK = re.compile(r"([12][0-9]{3}年?)?(末|底|单位)?")
"""What may stand beside a unit: a year."""
BRACKETED = re.compile(r"[(\[【〔{](.*)[)\]】〕}]")
EXTRA = "_extra"
"""Name of the column for cells beyond the last header."""
NEAR_LENGTH = 3
"""Shorter aliases have neighbours that mean something else."""


@dataclass(frozen=True)
class Column:
    """
    What a column may be called and how its cells are read.

    Parameters
    ----------
    name
        Name inside the program.
    aliases
        Accepted headers; case, width and white space do not matter. The first is what messages
        call the column.
    parse
        Text to value, or `CellError`.
    required
        Whether the column must be there.
    filled
        Whether each of its cells must hold a value.
    units
        Parsers by what the header may add to an alias, as in 常住人口（万人）. Empty: whatever
        stands in brackets is a remark.
    """

    name: str
    aliases: tuple[str, ...]
    parse: Callable[[str], Any]
    required: bool = True
    filled: bool = True
    units: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """The header that a column was found under; `unit` is what it adds to the alias."""

    column: Column
    header: str
    unit: str = ""

    @property
    def parse(self) -> Callable[[str], Any]:
        """The parser that the header asks for."""
        return self.column.units[self.unit] if self.unit else self.column.parse


def _unit(header: str, alias: str, units: Mapping[str, object]) -> str | None:
    """Return what a header adds to an alias: a unit or nothing; none if it is another header."""
    key, start = lookup_key(header), lookup_key(alias)
    if not key.startswith(start):
        return None
    rest = key.removeprefix(start)
    bracketed = BRACKETED.fullmatch(rest)
    if not units:
        return "" if not rest or bracketed else None
    parts = re.split(r"[,;:、/_\-]", bracketed[1] if bracketed else rest)
    stated = [part for part in parts if not REMARK.fullmatch(part)]
    known = {lookup_key(unit): unit for unit in units}
    if not stated:
        return ""
    if len(stated) == 1 and stated[0] in known:
        return known[stated[0]]
    return "?" if bracketed else None


def resolve(headers: Sequence[str], columns: Sequence[Column], ledger: Ledger) -> dict[str, Match]:
    """
    Find columns by the headers of a table, one to one.

    Headers that no column claims go to `ledger.unknown`; with a warning if they differ from an
    alias by one character.

    Raises
    ------
    LayerError
        A required column is missing, two headers for one column, a unit that is not known; all
        of them together.
    """
    headers = [header for header in headers if header not in (*ORIGIN, EXTRA)]
    found: dict[str, Match] = {}
    faults, claimed = [], set()
    for column in columns:
        claims = _claims(headers, column)
        claimed |= set(claims)
        label = column.aliases[0]
        if len(claims) > 1:
            several = "、".join(claims)
            faults.append(ledger.fault("E-HEADER-SEVERAL", header=label, headers=several))
        elif "?" in claims.values():
            units = "、".join(column.units)
            faults.append(ledger.fault("E-UNIT", column=next(iter(claims)), units=units))
        elif claims:
            ((header, unit),) = claims.items()
            found[column.name] = Match(column, header, unit)
        elif column.required:
            known, seen = "、".join(column.aliases), "、".join(headers)
            faults.append(
                ledger.fault("E-HEADER-MISSING", header=label, aliases=known, headers=seen)
            )
    ledger.unknown = [header for header in headers if header not in claimed]
    _warn_near(ledger, columns, found)
    if faults:
        raise LayerError(*faults)
    return found


def _claims(headers: Sequence[str], column: Column) -> dict[str, str]:
    """Return the headers that a column may mean, and the unit that each adds."""
    return {
        header: unit
        for header in headers
        for alias in column.aliases
        if (unit := _unit(header, alias, column.units)) is not None
    }


def _warn_near(ledger: Ledger, columns: Sequence[Column], found: Mapping[str, Match]) -> None:
    for header in ledger.unknown:
        for column in columns:
            near = [
                alias
                for alias in column.aliases
                if (len(alias) >= NEAR_LENGTH or column.name not in found)
                and _differ_by_one(lookup_key(header), lookup_key(alias))
            ]
            if near:
                ledger.warn("W-HEADER-NEAR", header, alias=near[0])
                break


def _differ_by_one(one: str, other: str) -> bool:
    """Tell whether one character put in, left out or replaced makes one text of the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other or len(other) < 2:
        return False
    same = next((i for i, c in enumerate(one) if c != other[i]), len(one))
    return one[same + (len(one) == len(other)) :] == other[same + 1 :]
