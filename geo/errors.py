"""
What can be wrong, and how it is said: a code, the place, the value, the reason and the remedy.

The errors a user can mend:

* KepuError
  + StudyError        the study file asks for what cannot be
  + LayerError        an input layer is not what it must be; all its faults at once
    - CrsError        no reference system, the wrong one, or degrees where metres are needed
  + NetworkError      the road network cannot be read or cannot answer
  + OutputError       the results cannot be written

Every other exception is a fault of the program. The texts stand in `data/messages.csv`, one row a
code, in Chinese and English.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

VALUE_CHARACTERS = 80
"""Longer values are cut in messages,"""
FACT_CHARACTERS = 400
"""and lists of names, paths and the like."""


@dataclass(frozen=True)
class Message:
    """Texts of one code; `{names}` are filled from the facts of a fault."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


@cache
def messages() -> Mapping[str, Message]:
    """Read the texts of all codes."""
    text = (files(__package__.rpartition(".")[0]) / "data" / "messages.csv").read_text("utf-8-sig")
    return {row.pop("code"): Message(**row) for row in csv.DictReader(text.splitlines())}


def printable(value: object, most: int = VALUE_CHARACTERS) -> str:
    """Return `value` as one line of text, control characters escaped, cut to `most` characters."""
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True)
class Fault:
    """
    One thing that is wrong, and where.

    Parameters
    ----------
    code
        A row of `data/messages.csv`. `E-` stops the run, `Q-` moves a row to quarantine, `W-` is
        printed on every output.
    file, sheet, row, column, value
        Where it stands; `row` is the number that Excel shows.
    facts
        What the message's `{names}` are filled with.
    """

    code: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def _fill(self, text: str) -> str:
        return text.format_map(
            {name: printable(fact, FACT_CHARACTERS) for name, fact in self.facts.items()}
        )

    @property
    def reason_zh(self) -> str:
        """Why, in Chinese."""
        return self._fill(messages()[self.code].zh)

    @property
    def reason_en(self) -> str:
        """Why, in English."""
        return self._fill(messages()[self.code].en)

    @property
    def remedy_zh(self) -> str:
        """What to do, in Chinese."""
        return self._fill(messages()[self.code].remedy_zh)

    @property
    def remedy_en(self) -> str:
        """What to do, in English."""
        return self._fill(messages()[self.code].remedy_en)

    def _where(self) -> Iterator[tuple[str, str]]:
        if self.file is not None:
            path = printable(self.file, FACT_CHARACTERS)  # its end is the name
            yield f"文件 {path}", path
        if self.sheet is not None:
            yield f"工作表 {printable(self.sheet)}", f"sheet {printable(self.sheet)}"
        if self.row is not None:
            yield f"第{self.row}行", f"row {self.row}"
        if self.column is not None:
            yield f"列“{printable(self.column)}”", f"column {printable(self.column)}"
        if self.value is not None:
            yield f"值“{printable(self.value)}”", f'value "{printable(self.value)}"'

    @property
    def zh(self) -> str:
        """The whole message in Chinese, one line."""
        where = " ".join(chinese for chinese, _ in self._where())
        return f"[{self.code}] {where}{'：' if where else ''}{self.reason_zh}。{self.remedy_zh}。"

    @property
    def en(self) -> str:
        """The whole message in English, one line."""
        where = ", ".join(english for _, english in self._where())
        return f"[{self.code}] {where}{': ' if where else ''}{self.reason_en}. {self.remedy_en}."

    def __str__(self) -> str:
        return f"{self.zh}\n{self.en}"


class KepuError(ValueError):
    """Base of every error that the user can mend; bears all the faults that were found."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class StudyError(KepuError):
    """The study file asks for what cannot be."""


class LayerError(KepuError):
    """An input layer is not what it must be."""


class CrsError(LayerError):
    """No reference system, the wrong one, or degrees where metres are needed."""


class NetworkError(KepuError):
    """The road network cannot be read or cannot answer."""


class OutputError(KepuError):
    """The results cannot be written."""
