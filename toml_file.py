"""TOML files as planners write them: on Windows, in Notepad, with paths copied from Explorer."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from .geo.errors import Fault, StudyError

MOST_BYTES = 10_000_000
PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """
    Return the text of a TOML file and what it says.

    Raises
    ------
    StudyError
        No such file, a folder, too large, not UTF-8, no TOML.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except FileNotFoundError as error:
        raise StudyError(Fault("E-FILE-MISSING", file=str(path))) from error
    except (OSError, ValueError) as error:
        if isinstance(error, IsADirectoryError | PermissionError) and path.is_dir():
            raise StudyError(Fault("E-STUDY-FOLDER", file=str(path))) from error
        raise StudyError(Fault("E-STUDY-TOML", file=path.name, facts={"error": error})) from error
    if size > MOST_BYTES:
        facts = {"megabytes": size // 1_000_000, "most": MOST_BYTES // 1_000_000}
        raise StudyError(Fault("E-FILE-BIG", file=path.name, facts=facts))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise StudyError(Fault("E-TOML-ENCODING", file=path.name, row=row)) from error
    try:
        return text, toml(text)
    except (ValueError, RecursionError) as error:
        # Beside TOMLDecodeError: a number of thousands of digits, lists in lists without end.
        raise StudyError(_fault(path, text, error)) from error


def _fault(path: Path, text: str, error: Exception) -> Fault:
    """Return what is wrong, with its line; a backslash most likely stands in a path."""
    place = PLACE.search(str(error))
    row = int(place[1]) if place else None
    line = text.split("\n")[row - 1] if row else ""
    if '"' in line and "\\" in line:
        return Fault("E-TOML-BACKSLASH", file=path.name, row=row, value=line.strip())
    return Fault("E-STUDY-TOML", file=path.name, row=row, facts={"error": error})


def toml(text: str) -> dict[str, Any]:
    """
    Read TOML, whose whole numbers have 64 bits; Python's have any, and cannot all be written out.

    Raises
    ------
    ValueError, RecursionError
        It is none.
    """
    content = tomllib.loads(text)
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError("a whole number of more than 64 bits")
    return content
