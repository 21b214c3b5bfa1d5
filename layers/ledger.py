"""
The ledger of a table: every row and every person is somewhere.

`rows_in == ok + quarantined + ignored` and `people_in == people_ok + people_quarantined`, always;
rows whose people could not be read are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..geo.errors import Fault, LayerError

ROW_LIMIT_PERCENT = 2
PEOPLE_LIMIT_PER_MILLE = 5
"""Above these shares of quarantined rows or people a run stops."""

ORIGIN = (
    "_file", "_sheet", "_row", "_code", "_column", "_value",
    "_reason_zh", "_reason_en", "_remedy", "_population",
)  # fmt: skip
"""Columns that the quarantine adds; a corrected quarantine file may bear them again."""

FORMULA_STARTS = tuple("=+-@＝＋－＠")
"""A spreadsheet takes a text that begins so for a formula; the quarantine puts ' before it."""

LISTED_ROWS = 10


def listed(rows: Iterable[object]) -> str:
    """Name the first ten of some row numbers or ids in one line."""
    names = [str(row) for row in rows]
    return ", ".join(names[:LISTED_ROWS]) + (" …" if len(names) > LISTED_ROWS else "")


def unprotected(cell: str) -> str:
    """Take off the ' that protects a cell of the quarantine from being taken for a formula."""
    inner = cell[1:]
    risky = inner.lstrip().startswith(FORMULA_STARTS) or inner[:1] in ("\t", "\r")
    return inner if cell.startswith("'") and risky else cell


@dataclass
class Ledger:
    """
    What became of the rows of one table.

    Parameters
    ----------
    file, sheet, encoding
        Where the table was read from, and how.
    rows_in, ok, quarantined, ignored
        Counts of rows below the header; ignored are blank rows, notes and rows set apart.
    total_rows
        Of the quarantined, those that are totals of others.
    people_in, people_ok, people_quarantined
        Sums over the rows whose people could be read, total rows apart.
    people_unknown
        Count of rows whose people could not be read.
    people_most
        The most people in one row.
    normalised
        For each column, how many cells were not in their plain spelling.
    unknown
        Headers that no column claims.
    faults, warnings
        What is wrong with rows, and what every output must say.
    quarantine
        The refused rows: all their cells as they stood, and why; index `row`.
    titles, notes
        Numbers and texts of the rows above the header and below the records.
    apart
        For each row that is no record, the column that says so.
    corrected
        Count of rows that a corrected quarantine replaced.
    """

    file: str
    sheet: str | None
    encoding: str
    rows_in: int = 0
    ok: int = 0
    quarantined: int = 0
    ignored: int = 0
    total_rows: int = 0
    people_in: int = 0
    people_ok: int = 0
    people_quarantined: int = 0
    people_unknown: int = 0
    people_most: int = 0
    normalised: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    quarantine: pd.DataFrame = field(default_factory=pd.DataFrame)
    titles: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    apart: dict[int, str] = field(default_factory=dict)
    corrected: int = 0

    def fault(
        self,
        code: str,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        **facts: object,
    ) -> Fault:
        """Make a fault of this table."""
        shown = None if value is None else str(value)
        return Fault(code, self.file, self.sheet, row, column, shown, facts)

    def refuse(
        self, row: int, code: str, column: str | None = None, value: object = None, **facts: object
    ) -> None:
        """Note what is wrong with a row; it goes to quarantine."""
        self.faults.append(self.fault(code, row, column, value, **facts))

    def warn(self, code: str, column: str | None = None, **facts: object) -> None:
        """Note what every output must say."""
        self.warnings.append(Fault(code, self.file, self.sheet, column=column, facts=facts))

    @property
    def refused(self) -> set[int]:
        """Numbers of the rows with faults."""
        return {fault.row for fault in self.faults if fault.row is not None}

    def settle(
        self, cells: pd.DataFrame, blank: int, people: Mapping[int, int] | None = None
    ) -> None:
        """
        Count rows and people and fill the quarantine, once no more row will be refused.

        Parameters
        ----------
        cells
            The table as it stands, index `row`.
        blank
            Number of blank rows.
        people
            People of every row where they could be read; none for a table without people.
        """
        totals = {fault.row for fault in self.faults if fault.code == "Q-TOTAL"}
        refused = self.refused
        cells = cells.drop(index=sorted(self.apart))
        self.ignored = blank + len(self.notes) + len(self.apart)
        self.rows_in = len(cells) + self.ignored
        self.ok, self.quarantined = len(cells) - len(refused), len(refused)
        self.total_rows = len(totals)
        if people is not None:
            counted = [row for row in cells.index if row not in totals]
            known = {row: people[row] for row in counted if row in people}
            self.people_in = sum(known.values())
            self.people_quarantined = sum(known[row] for row in known if row in refused)
            self.people_ok = sum(known[row] for row in known if row not in refused)
            self.people_unknown = len(counted) - len(known)
            self.people_most = max(known.values(), default=0)
        self.quarantine = self._quarantine(cells, people or {})
        self.balance()

    def _quarantine(self, cells: pd.DataFrame, people: Mapping[int, int]) -> pd.DataFrame:
        by_row: dict[int, list[Fault]] = {}
        for fault in self.faults:
            if fault.row is not None:
                by_row.setdefault(fault.row, []).append(fault)
        rows = [row for row in cells.index if row in by_row]
        origin = [self._origin(by_row[row], people.get(row)) for row in rows]
        kept = cells.drop(columns=[name for name in ORIGIN if name in cells.columns]).loc[rows]
        added = pd.DataFrame(origin, index=kept.index, columns=list(ORIGIN), dtype=str)
        return pd.concat([kept, added], axis=1)

    def _origin(self, faults: list[Fault], people: int | None) -> tuple[str, ...]:
        def joined(parts: list[str]) -> str:
            return ";".join(parts)

        return (
            self.file,
            self.sheet or "",
            str(faults[0].row),
            joined([fault.code for fault in faults]),
            joined([fault.column or "" for fault in faults]),
            joined([fault.value or "" for fault in faults]),
            joined([fault.reason_zh for fault in faults]),
            joined([fault.reason_en for fault in faults]),
            joined([f"{fault.remedy_zh} / {fault.remedy_en}" for fault in faults]),
            "" if people is None else str(people),
        )

    def balance(self) -> None:
        """
        Check that no row and no person was lost.

        Raises
        ------
        RuntimeError
            One was: a fault of the program, not of the table.
        """
        rows = self.ok + self.quarantined + self.ignored
        if self.rows_in != rows or len(self.quarantine) != self.quarantined:
            raise RuntimeError(f"{self.file}: {self.rows_in} rows in, {rows} accounted for")
        people = self.people_ok + self.people_quarantined
        if self.people_in != people:
            raise RuntimeError(f"{self.file}: {self.people_in} people in, {people} accounted for")

    def summary(self) -> dict[str, Any]:
        """Return what the passport of an output says about the table, ready for JSON."""
        counts = (
            "rows_in", "ok", "quarantined", "ignored", "total_rows",
            "people_in", "people_ok", "people_quarantined", "people_unknown",
        )  # fmt: skip
        return {
            "file": self.file,
            "sheet": self.sheet,
            "encoding": self.encoding,
            **{name: getattr(self, name) for name in counts},
            "normalised": dict(self.normalised),
            "unknown_columns": list(self.unknown),
            "titles": [{"row": row, "text": text} for row, text in self.titles],
            "notes": [{"row": row, "text": text} for row, text in self.notes],
            "apart": {str(row): column for row, column in self.apart.items()},
            "corrected": self.corrected,
            "warnings": [
                {"code": fault.code, "zh": fault.zh, "en": fault.en} for fault in self.warnings
            ],
            "faults": [{"code": f.code, "zh": f.zh, "en": f.en} for f in self.faults],
        }


def limits(ledger: Ledger, accept: bool) -> None:
    """
    Stop when too much of a table is in quarantine.

    More than 2 % of the rows, or more than 0.5 % of the people. A row whose people could not be
    read is taken to hold as many as the most peopled row. Total rows do not count.

    Parameters
    ----------
    ledger
        A settled ledger.
    accept
        Whether the user accepts the quarantine; then the excess becomes a warning.

    Raises
    ------
    LayerError
        E-QUARANTINE, and the faults of the rows.
    """
    rows = ledger.rows_in - ledger.ignored - ledger.total_rows
    bad = ledger.quarantined - ledger.total_rows
    unknown = ledger.people_unknown * ledger.people_most
    people, lost = ledger.people_in + unknown, ledger.people_quarantined + unknown
    if bad * 100 <= rows * ROW_LIMIT_PERCENT and lost * 1000 <= people * PEOPLE_LIMIT_PER_MILLE:
        return
    facts = {
        "rows": bad,
        "rows_in": rows,
        "people": ledger.people_quarantined,
        "people_in": ledger.people_in,
        "unknown": ledger.people_unknown,
    }
    if accept:
        ledger.warnings.append(Fault("W-QUARANTINE", ledger.file, ledger.sheet, facts=facts))
        return
    fault = Fault("E-QUARANTINE", ledger.file, ledger.sheet, facts=facts)
    raise LayerError(fault, *ledger.faults)
