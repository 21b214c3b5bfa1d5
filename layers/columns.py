"""
Columns: what headers may be called, and which one was meant.

Aliases are Chinese and English, one to one: two headers for one column stop, for nobody but the
owner of the file can tell which one counts. A study may state the header of a column instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..geo.errors import Fault, LayerError
from .cells import lookup_key
from .ledger import ORIGIN, Ledger

REMARK = re.compile(r"([12][0-9]{3}年?)?(末|底|单位)?")
"""What may stand beside a unit: a year."""
BRACKETED = re.compile(r"[(\[【〔{](.*)[)\]】〕}]")
REMARKED = re.compile(r"[(\[【〔{][^(\[【〔{]*[)\]】〕}]$")
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
    whole
        Aliases that say too little below the name of a group, as 人口 below 户籍.
    spread
        Whether a value in merged cells holds for each of their rows; a count of people does not.
    """

    name: str
    aliases: tuple[str, ...]
    parse: Callable[[str], Any]
    required: bool = True
    filled: bool = True
    units: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    spread: bool = True


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
    stated = stated_parts(bracketed[1] if bracketed else rest)
    known = {lookup_key(unit): unit for unit in units}
    if not stated:
        return ""
    if len(stated) == 1 and stated[0] in known:
        return known[stated[0]]
    return "?" if bracketed else None


def stated_parts(remark: str) -> list[str]:
    """List what a remark in a header says beside a year."""
    parts = re.split(r"[,;:、/_\-，；：]", remark)
    return [part.strip() for part in parts if not REMARK.fullmatch(part.strip())]


def resolve(
    headers: Sequence[str],
    columns: Sequence[Column],
    ledger: Ledger,
    stated: Mapping[str, str] | None = None,
) -> dict[str, Match]:
    """
    Find columns by the headers of a table, one to one.

    Headers that no column claims go to `ledger.unknown`; with a warning if they differ from an
    alias by one character.

    Parameters
    ----------
    headers, columns, ledger
        What stands there, what is looked for, and where warnings go.
    stated
        Headers that the study states, by the names of columns; they override aliases.

    Raises
    ------
    LayerError
        A required column is missing, two headers for one column, a unit that is not known, a
        stated column or header that is not there; all of them together.
    """
    headers = [header for header in headers if header not in (*ORIGIN, EXTRA)]
    stated = stated or {}
    faults = _check_stated(headers, columns, stated, ledger)
    names = {column.name for column in columns}
    taken = {lookup_key(header) for name, header in stated.items() if name in names}
    found: dict[str, Match] = {}
    claimed: set[str] = set()
    for column in columns:
        own = stated.get(column.name)
        free = headers if own else [h for h in headers if lookup_key(h) not in taken]
        mine = claims(free, column, own)
        claimed |= set(mine)
        if own is None or mine:
            fault = _column_fault(mine, column, headers, ledger)
            if fault is not None:
                faults.append(fault)
            elif mine:
                ((header, unit),) = mine.items()
                found[column.name] = Match(column, header, unit)
    ledger.unknown = [header for header in headers if header not in claimed]
    _warn_near(ledger, columns, found)
    if faults:
        raise LayerError(*faults)
    return found


def _column_fault(
    mine: Mapping[str, str], column: Column, headers: Sequence[str], ledger: Ledger
) -> Fault | None:
    label = column.aliases[0]
    if len(mine) > 1:
        return ledger.fault("E-HEADER-SEVERAL", header=label, headers="、".join(mine))
    if "?" in mine.values():
        units = "、".join(column.units)
        return ledger.fault("E-UNIT", column=next(iter(mine)), units=units)
    if not mine and column.required:
        known, seen = "、".join(column.aliases), "、".join(headers)
        return ledger.fault(
            "E-HEADER-MISSING", header=label, name=column.name, aliases=known, headers=seen
        )
    return None


def _check_stated(
    headers: Sequence[str], columns: Sequence[Column], stated: Mapping[str, str], ledger: Ledger
) -> list[Fault]:
    """Return what is wrong with the headers that a study states."""
    names, keys = [column.name for column in columns], [lookup_key(h) for h in stated.values()]
    faults = []
    for name, header in stated.items():
        if name not in names:
            known = "、".join(names)
            faults.append(ledger.fault("E-COLUMN-NAME", value=header, name=name, names=known))
        elif lookup_key(header) not in map(lookup_key, headers):
            seen = "、".join(headers)
            faults.append(ledger.fault("E-COLUMN-HEADER", value=header, name=name, headers=seen))
        elif keys.count(lookup_key(header)) > 1:
            faults.append(ledger.fault("E-COLUMN-TWICE", value=header, name=name))
    return faults


def claims(headers: Sequence[str], column: Column, stated: str | None = None) -> dict[str, str]:
    """
    Return the headers that a column may mean, and the unit that each adds.

    Parameters
    ----------
    headers, column
        What stands there, and what is looked for. 设施/名称 is 名称 below 设施.
    stated
        The one header that the study states for it.
    """
    if stated is not None:
        alias = REMARKED.sub("", lookup_key(stated)) or stated
        return {
            header: unit
            for header in headers
            if lookup_key(header) == lookup_key(stated)
            for unit in [_unit(header, alias, column.units) or ""]
        }
    return {
        header: unit
        for header in headers
        for spelt, aliases in _spellings(header, column)
        for alias in aliases
        if (unit := _unit(spelt, alias, column.units)) is not None
    }


def _spellings(header: str, column: Column) -> list[tuple[str, tuple[str, ...]]]:
    """Return how a header may be read, and the aliases that it may match so."""
    group, slash, name = header.partition("/")
    if not slash:
        return [(header, column.aliases)]
    below = tuple(alias for alias in column.aliases if alias not in column.whole)
    return [(header, column.aliases), (group + name, column.aliases), (name, below)]


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
