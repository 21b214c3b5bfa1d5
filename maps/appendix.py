"""What the Word annex and the workbook are made of: tables, pictures, paragraphs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Kind = Literal["text", "count", "percent", "number"]
FORMATS: Mapping[Kind, str] = {"text": "@", "count": "#,##0", "percent": "0.0", "number": "General"}
MADE = datetime(2026, 1, 1)
"""Stands in every file instead of the clock, so that two runs agree."""
ZIP_MADE = (1980, 1, 1, 0, 0, 0)
GOOD, BAD, DOUBT = "DCEBF7", "FBE0C3", "EEEEEE"
"""Fills of cells: blue and orange as on the map, grey for what cannot be judged."""
JUDGED = {
    "达标": GOOD, "达到": GOOD, "未达标": BAD, "未达到": BAD, "严重": BAD, "无法判定": DOUBT,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Listing:
    """
    A table of the appendix.

    Parameters
    ----------
    key, title
        Name of the sheet, and the caption.
    frame
        The cells under their printed headers; missing cells are empty.
    kinds
        How columns are typed and printed; without a kind: text.
    unit
        Printed above the table.
    notes
        Printed below it.
    total
        Whether the last row is the sum of the others.
    widths
        Relative widths of the columns in the annex; empty: by content.
    small
        Whether the annex prints it small.
    fixed
        Columns that stay in sight in the workbook.
    """

    key: str
    title: str
    frame: pd.DataFrame
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    unit: str = ""
    notes: tuple[str, ...] = ()
    total: bool = False
    widths: tuple[float, ...] = ()
    small: bool = False
    fixed: int = 0


@dataclass(frozen=True, eq=False)
class Plate:
    """A picture of the annex: PNG bytes, its caption and a remark."""

    png: bytes
    title: str
    remark: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading within a chapter; their numbers begin anew in each."""

    text: str


Matter = str | Heading | Listing | Plate
"""What an annex is made of: paragraphs, headings, tables, pictures."""


@dataclass(frozen=True, eq=False)
class Chapter:
    """A heading of the annex and what follows it; some begin a page, to be seen whole."""

    heading: str
    parts: tuple[Matter, ...]
    own_page: bool = False


@dataclass(frozen=True, eq=False)
class Annex:
    """The whole of a Word document: title, lines below it, chapters."""

    title: str
    lines: tuple[str, ...]
    chapters: tuple[Chapter, ...]


NUMERALS = "一二三四五六七八九十"


def number_text(value: float) -> str:
    """Return a number in full; a plain `g` would print 1234567 as 1.23457e+06."""
    return f"{value:.12g}"


def cell_text(value: object, kind: Kind) -> str:
    """Return a cell as it is printed in the annex; missing is a dash in columns of numbers."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "" if kind == "text" else "—"
    if kind == "count":
        return f"{int(value):,}"  # type: ignore[call-overload]
    if kind == "percent":
        return f"{float(value):.1f}"  # type: ignore[arg-type]
    if kind == "number":
        return number_text(float(value))  # type: ignore[arg-type]
    return str(value)


def parts_of_whole(amounts: npt.NDArray[np.int64], whole: int) -> npt.NDArray[np.int64]:
    """
    Share a whole out by some amounts, by largest remainder: the parts add up.

    Ties go to the first. Nothing to share by gives zeros.

    Parameters
    ----------
    amounts
        Not below zero.
    whole
        What the parts sum to, 1000 for tenths of a percent.
    """
    total = int(amounts.sum())
    if total == 0:
        return np.zeros(len(amounts), np.int64)
    exact = [int(amount) * whole for amount in amounts]
    parts = np.array([each // total for each in exact], np.int64)
    rest = np.array([each % total for each in exact], np.int64)
    first = np.argsort(-rest, kind="stable")[: whole - int(parts.sum())]
    parts[first] += 1
    return parts


def packed(data: bytes) -> bytes:
    """Return an Office file with one time on all its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(out, "w") as archive:
        for part in parts.namelist():
            entry = zipfile.ZipInfo(part, ZIP_MADE)
            archive.writestr(entry, parts.read(part), zipfile.ZIP_DEFLATED)
    return out.getvalue()
