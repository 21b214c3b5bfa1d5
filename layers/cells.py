"""
Cells: one text in, one value out, or a refusal that says why.

Every cell is first a text. A parser returns a value only when the text has one meaning; anything
else raises `CellError`. Nothing is guessed and nothing is coerced.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
"""With one of them an id would be another one that looks the same."""
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
EXCEL_ERRORS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
NOTHING = frozenset({"-", "--", "—", "——", "/"})
"""What stands for an empty cell in columns that may be empty."""

PEOPLE_UNITS = {"人": 1, "千人": 1_000, "万人": 10_000, "万": 10_000}
PEOPLE_MOST = 2_000_000_000
DIGITS = r"[0-9]{1,15}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}"
PEOPLE = re.compile(rf"({DIGITS})(\.[0-9]{{1,15}})? ?(千人|万人|万|人)?")
NUMBER = re.compile(rf"([+-]?)({DIGITS})(\.[0-9]{{1,15}})?")
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
ABOUT = re.compile(r"[约近余多~≈<>≤≥±?]|左右|上下|以上|以下|[0-9人万] ?[-–—至到] ?[0-9]")
MINUS = re.compile(r"[-−–—] ?[0-9]")

DEGREE_SIGNS = str.maketrans({"º": "°", "˚": "°", "’": "′", "‘": "′", "'": "′", "´": "′"} | {
    "”": "″", "“": "″", '"': "″"})  # fmt: skip
DECIMAL_DEGREES = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{1,24})?) ?[°度]?")
PLACEHOLDER = re.compile(r"-?9{3,}(\.[09]+)?")
"""Stands for "unknown" in coordinates."""
SEXAGESIMAL = re.compile(
    r"([+-]?)([0-9]{1,3}) ?[°度] ?([0-9]{1,2}(?:\.[0-9]{1,15})?) ?[′分]"
    r"(?: ?([0-9]{1,2}(?:\.[0-9]{1,15})?) ?[″秒])?"
)

SPOILT_CODE = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+|[0-9]{15}0{3,}|[0-9]+\.0+")
"""E-notation, digits lost after the 15th, a code read as a number."""
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
MADE_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?|[0-9]{1,2}月[0-9]{1,2}日"
    rf"|[0-9]{{1,2}}-({MONTHS})|({MONTHS})-[0-9]{{1,2}}",
    re.IGNORECASE,
)
"""What a spreadsheet makes of `1-2`, and how it is written to CSV."""
SERIAL = re.compile(r"[1-9][0-9]{4}(?:\.0+)?")
SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of Excel's dates, beyond its false 29 February 1900."""

DAY = re.compile(
    r"([0-9]{4})(?:年([0-9]{1,2})月([0-9]{1,2})[日号]|([-/.])([0-9]{1,2})\4([0-9]{1,2})"
    r"|([0-9]{2})([0-9]{2}))(?:[ T]00:00(?::00)?)?"
)
MONTH = re.compile(r"([0-9]{4})(?:年([0-9]{1,2})月|[-/.]([0-9]{1,2})|年)")

YES = frozenset({"是", "有", "对", "yes", "y", "true", "1", "√", "✓"})
NO = frozenset({"否", "无", "不", "no", "n", "false", "0", "×"})


class CellError(ValueError):
    """A cell that is refused: the code of a message and the facts it names."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def squeeze(cell: str) -> str:
    """Drop what cannot be seen; every run of white space becomes one space."""
    if cell.isprintable() and " " not in cell:
        return cell
    return " ".join(cell.translate(INVISIBLE).split())


def lookup_key(cell: str) -> str:
    """Return what names are compared by: NFKC, no white space, no case."""
    return "".join(unicodedata.normalize("NFKC", cell.translate(INVISIBLE)).casefold().split())


def is_empty(cell: str) -> bool:
    """Tell whether nothing can be seen in a cell."""
    return not squeeze(cell)


def altered(cell: str, value: object) -> bool:
    """Tell whether a value was read from something else than its plain spelling."""
    if isinstance(value, str):
        plain = squeeze(cell)
        spelt = value in (plain, plain.translate(FULL_WIDTH))
        return (value if spelt else plain) != cell
    if isinstance(value, bool):
        return squeeze(cell) != cell
    if isinstance(value, int | float):
        return not PLAIN_NUMBER.fullmatch(cell)
    return value is not None and str(value) != cell


def text(cell: str, most: int = 500) -> str:
    """
    Read a text as it stands, white space squeezed; "NA" and "None" are texts.

    Raises
    ------
    CellError
        An error value of Excel, a formula without a value, control characters, too long.
    """
    if not cell.isprintable() and any(
        (unicodedata.category(c) == "Cc" and c not in "\t\r\n") or c in BIDIRECTIONAL for c in cell
    ):
        raise CellError("Q-CONTROL")
    value = squeeze(cell)
    if value.upper() in EXCEL_ERRORS:
        raise CellError("Q-CELL-ERROR")
    if value.startswith("="):
        raise CellError("Q-FORMULA")
    if len(value) > most:
        raise CellError("Q-LONG", length=len(value), most=most)
    return value


def half_width(cell: str) -> str:
    """
    Read a text with full-width letters, digits and signs as their half-width twins.

    Not NFKC: that makes 52 of a 5 with a superscript 2.
    """
    if cell.isascii():
        return text(cell)
    return squeeze(text(cell).translate(FULL_WIDTH))


def words(cell: str, most: int = 500) -> str:
    """Read a text that is no date; a spreadsheet makes one of `1-2`."""
    value = text(cell, most)
    _refuse_date(value)
    return value


def _refuse_date(value: str) -> None:
    if MADE_DATE.fullmatch(value):
        raise CellError("Q-DATE-IN-TEXT")


def code(cell: str) -> str:
    """Read an identifier, leading zeros kept; one that a spreadsheet has spoilt is refused."""
    value = half_width(cell)
    _refuse_date(value)
    if SPOILT_CODE.fullmatch(value):
        raise CellError("Q-CODE-SPOILT")
    if len(value) > 64:
        raise CellError("Q-LONG", length=len(value), most=64)
    return value


def people(cell: str, unit: str = "") -> int:
    """
    Read a whole number of people, exactly.

    Parameters
    ----------
    cell
        Digits with or without thousands separators, with or without 人, 千人, 万人.
    unit
        The unit that the header states; one stated in the cell must be the same.
    """
    value = half_width(cell)
    match = PEOPLE.fullmatch(value)
    if match is None:
        _refuse_date(value)
        if MINUS.match(value):
            raise CellError("Q-PEOPLE-NEGATIVE")
        raise CellError("Q-PEOPLE-ABOUT" if ABOUT.search(value) else "Q-PEOPLE")
    whole, decimals, suffix = match.groups(default="")
    if unit and suffix and PEOPLE_UNITS[unit] != PEOPLE_UNITS[suffix]:
        raise CellError("Q-UNIT-CLASH", unit=unit, suffix=suffix)
    exact = Fraction(whole.replace(",", "") + decimals) * PEOPLE_UNITS[suffix or unit or "人"]
    if exact.denominator != 1:
        raise CellError("Q-PEOPLE-FRACTION", people=float(exact))
    if exact > PEOPLE_MOST:
        raise CellError("Q-PEOPLE")
    return exact.numerator


def number(cell: str) -> float:
    """Read a number of zero or more; thousands separators are allowed, E-notation is not."""
    value = half_width(cell)
    match = NUMBER.fullmatch(value)
    if match is None or match[1] == "-":
        _refuse_date(value)
        raise CellError("Q-NUMBER")
    return float(match[2].replace(",", "") + (match[3] or ""))


def _degrees(cell: str, positive: tuple[str, str], negative: tuple[str, str]) -> float:
    """Read degrees; `positive` and `negative` are the words and letters of the two sides."""
    value = half_width(cell).translate(DEGREE_SIGNS).replace("′′", "″").upper()
    if PLACEHOLDER.fullmatch(value):
        raise CellError("Q-NULL-POINT")
    side = 0
    for sign, (word, letter) in ((1, positive), (-1, negative)):
        if value.startswith((word, letter)):
            side, value = sign, value.removeprefix(word).removeprefix(letter).strip()
            break
        if value.endswith(letter):
            side, value = sign, value.removesuffix(letter).strip()
            break
    minutes = seconds = 0.0
    if match := DECIMAL_DEGREES.fullmatch(value):
        sign_text, degrees = match[1], float(match[2])
    elif match := SEXAGESIMAL.fullmatch(value):
        sign_text, degrees = match[1], float(match[2])
        minutes, seconds = float(match[3]), float(match[4] or 0)
        if minutes >= 60 or seconds >= 60 or (match[4] and "." in match[3]):
            raise CellError("Q-DEGREES")
    else:
        raise CellError("Q-DEGREES")
    if side and sign_text:
        raise CellError("Q-DEGREES")
    size = degrees + minutes / 60 + seconds / 3600
    if size > 180:
        raise CellError("Q-DEGREES-RANGE")
    return size * (side or (-1 if sign_text == "-" else 1))


def longitude(cell: str) -> float:
    """Read decimal degrees, or degrees, minutes and seconds with their signs; E or 东经 allowed."""
    return _degrees(cell, ("东经", "E"), ("西经", "W"))


def latitude(cell: str) -> float:
    """
    Read decimal degrees, or degrees, minutes and seconds with their signs; N or 北纬 allowed.

    Up to 180, so that exchanged columns are recognised as such later.
    """
    return _degrees(cell, ("北纬", "N"), ("南纬", "S"))


def half_step(cell: str) -> float:
    """
    Return by how many degrees a coordinate may differ from the one that was rounded to this cell.

    Half of its last digit; `cell` is one that `longitude` reads.
    """
    value = half_width(cell).translate(DEGREE_SIGNS).replace("′′", "″")
    numbers = re.findall(r"[0-9]+(?:\.([0-9]+))?", value)
    return float(0.5 * 10.0 ** -len(numbers[-1]) / 60 ** (len(numbers) - 1))


def day(cell: str) -> date:
    """
    Read a date, year first: 2026-11-01, 2026/11/1, 2026年11月1日, 20261101.

    A month or a year stands for its last day: what opened in 2021 was open when 2021 ended.
    """
    value = half_width(cell)
    try:
        if match := DAY.fullmatch(value):
            year, *rest = (int(part) for part in match.groups() if part and part.isdigit())
            return date(year, *rest)
        if match := MONTH.fullmatch(value):
            year, month = int(match[1]), int(match[2] or match[3] or 12)
            return date(year, month, monthrange(year, month)[1])
    except ValueError:
        pass
    if SERIAL.fullmatch(value):
        meant = SERIAL_ZERO + timedelta(days=int(float(value)))
        raise CellError("Q-DATE-SERIAL", meant=meant.isoformat())
    raise CellError("Q-DATE")


def yes_no(cell: str) -> bool:
    """Read 是 or 否 and their like."""
    key = lookup_key(text(cell))
    if key not in YES | NO:
        raise CellError("Q-YES-NO")
    return key in YES


def choice(known: Mapping[str, str]) -> Callable[[str], str]:
    """Make a parser of one of the spellings that `known` maps to values."""
    keys = {lookup_key(spelling): value for spelling, value in known.items()}

    def parse(cell: str) -> str:
        key = lookup_key(text(cell))
        if key not in keys:
            raise CellError("Q-CHOICE", known="、".join(known))
        return keys[key]

    return parse
