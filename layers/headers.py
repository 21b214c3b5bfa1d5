"""
Headers: which row of a sheet names its columns, what stands above it and what below the records.

Planners write a title above the header, a group of columns over their names, and notes and
signatures below. A header is found only if one row alone can be it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from ..geo.errors import Fault, LayerError
from .cells import is_empty, lookup_key, squeeze
from .columns import Column, claims
from .sheets import TOP_ROWS, Block, Sheet

NOTE = re.compile(
    r"[(（【\[]?(注|备注|附注|说明|填表说明|填报说明|注意|资料来源|数据来源|来源|单位|坐标系|notes?|source)"
    r"[0-9一二三四五]?[)）】\]]?[:：].*|.*(单位|坐标系) ?[:：].*",
    re.IGNORECASE | re.DOTALL,
)
SIGNATURE = re.compile(
    r"(填表人|填报人|制表人|制表|审核人|审核|复核人|负责人|单位负责人|填表单位|填报单位|填表日期|填报日期"
    r"|报出日期|联系人|联系电话)([:：].*)?",
    re.DOTALL,
)
CONTINUED = re.compile(r"[(（]?([0-9]{1,2}|[一二三四五六七八九十]{1,2})[)）、.．].*", re.DOTALL)
"""A numbered line of a note."""

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Head:
    """Names of the columns, and the first and last row that they stand in."""

    first: int
    last: int
    names: list[str]


def find_head(
    sheet: Sheet,
    file: str,
    columns: Sequence[Column] = (),
    stated: Mapping[str, str] | None = None,
    header: int | None = None,
) -> Head:
    """
    Find the header of a sheet.

    Parameters
    ----------
    sheet, file
        The records, and what to call their file.
    columns, stated
        What is looked for, and the headers that the study states for them.
    header
        Number of the row of the header, as Excel shows it; none to look for it.

    Raises
    ------
    LayerError
        The stated row is empty or not there, or several rows can be the header.
    """
    records = [(row, cells) for row, cells in sheet.records if not all(map(is_empty, cells))]
    if header is not None:
        if header not in dict(records):
            facts = {"rows": len(sheet.records)}
            raise LayerError(Fault("E-HEADER-ROW", file, sheet.name, header, facts=facts))
        return _head(sheet, dict(records), header)
    first = records[0][0]
    if not columns:
        return _head(sheet, dict(records), first)
    heads = _heads(sheet)
    counted = [_count(head, columns, stated or {}) for head in heads]
    required = sum(column.required for column in columns)
    whole = [head for head, (known, _) in zip(heads, counted, strict=True) if known == required]
    if len(whole) > 1:
        rows = "、".join(str(head.last) for head in whole)
        raise LayerError(Fault("E-HEADER-ROWS", file, sheet.name, facts={"rows": rows}))
    if whole:
        return whole[0]
    return max(zip(counted, heads, strict=True), key=lambda found: found[0][1])[1]


def _heads(sheet: Sheet) -> list[Head]:
    """Return what can be the header; the second row of one is none itself."""
    records = {row: cells for row, cells in sheet.records if not all(map(is_empty, cells))}
    rows = [row for row in records if row <= TOP_ROWS] or list(records)[:1]
    heads: list[Head] = []
    for row in rows:
        if not heads or row > heads[-1].last:
            heads.append(_head(sheet, records, row))
    return heads


def has_head(
    sheet: Sheet, columns: Sequence[Column], stated: Mapping[str, str] | None = None
) -> bool:
    """Tell whether one of the first rows names all required columns."""
    required = sum(column.required for column in columns)
    return any(_count(head, columns, stated or {})[0] == required for head in _heads(sheet))


def _count(head: Head, columns: Sequence[Column], stated: Mapping[str, str]) -> tuple[int, int]:
    """Count the required columns that a header names, and all that it names."""
    named = [column for column in columns if claims(head.names, column, stated.get(column.name))]
    return sum(column.required for column in named), len(named)


def _head(sheet: Sheet, records: Mapping[int, list[str]], row: int) -> Head:
    """Return the header in a row, or in it and the next where merged cells say so."""
    above, below = records[row], records.get(row + 1)
    if below is not None and _is_double(sheet.merged, above, below, row):
        joined = [
            _join(one, other) for one, other in zip(above, _padded(below, above), strict=False)
        ]
        return Head(row, row + 1, _names(joined))
    return Head(row, row, _names(above))


def _padded(cells: list[str], like: list[str]) -> list[str]:
    return cells + [""] * (len(like) - len(cells))


def _is_double(blocks: Sequence[Block], above: list[str], below: list[str], row: int) -> bool:
    """
    Tell whether a row holds groups of columns, and the next row their names.

    A title over the whole width is no group, nor is a row with other cells over filled ones.
    """
    across = [b for b in blocks if b[0] == b[2] == row and b[3] > b[1] and above[b[1]]]
    grouped = {column for b in across for column in range(b[1], b[3] + 1)}
    down = {column for b in blocks if b[0] <= row < b[2] for column in range(b[1], b[3] + 1)}
    groups = {squeeze(cell) for cell in above if not is_empty(cell)}
    lone = [
        column
        for column, (one, other) in enumerate(zip(above, below, strict=False))
        if column not in grouped | down and not is_empty(one) and not is_empty(other)
    ]
    named = any(column < len(below) and not is_empty(below[column]) for column in grouped)
    return bool(across) and len(groups) > 1 and not lone and named


def _join(group: str, name: str) -> str:
    group, name = squeeze(group), squeeze(name)
    return group if not name or name == group else f"{group}/{name}" if group else name


def _names(cells: Sequence[str]) -> list[str]:
    """Return the headers; columns without one bear their letter."""
    return [
        squeeze(cell) or f"({get_column_letter(number)})" for number, cell in enumerate(cells, 1)
    ]


def check_twice(names: Sequence[str], file: str, sheet: str | None, row: int) -> None:
    """
    Refuse headers that stand there twice.

    Raises
    ------
    LayerError
        E-HEADER-TWICE.
    """
    keys = [lookup_key(name) for name in names]
    count = Counter(keys)
    twice = [name for name, key in zip(names, keys, strict=True) if count[key] > 1]
    if twice:
        facts = {"headers": "、".join(twice)}
        raise LayerError(Fault("E-HEADER-TWICE", file, sheet, row, facts=facts))


def without_notes(records: Sequence[Record]) -> tuple[list[Record], list[tuple[int, str]]]:
    """Part the notes and signatures at the end from the records; give the text of each."""
    start = len(records)
    while start and _is_note(records[start - 1][1], CONTINUED):
        start -= 1
    while start < len(records) and not _is_note(records[start][1]):
        start += 1
    found = [
        (row, " ".join(dict.fromkeys(squeeze(cell) for cell in cells if not is_empty(cell))))
        for row, cells in records[start:]
    ]
    return list(records[:start]), found


def _is_note(cells: Sequence[str], also: re.Pattern[str] | None = None) -> bool:
    """Tell whether a row is a note or a signature; `also` is what may stand alone in one."""
    texts = list(dict.fromkeys(squeeze(cell) for cell in cells if not is_empty(cell)))
    if not texts:
        return True
    if SIGNATURE.fullmatch(texts[0]):
        return True
    if also is not None and len(texts) == 1 and also.fullmatch(texts[0]):
        return True
    return all(NOTE.fullmatch(text) or SIGNATURE.fullmatch(text) for text in texts)
