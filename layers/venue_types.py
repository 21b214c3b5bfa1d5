"""The types of venues that the package knows, and the many ways to write them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files

from .cells import CellError, lookup_key
from .venue_cells import kind_of


@dataclass(frozen=True)
class VenueType:
    """
    A row of `data/venue_types.csv`: its key, its Chinese name and the other spellings.

    `tier` is the level that it serves; a host may take on the function of other types. `mode` and
    `minutes` are the usual way to it and its limit.
    """

    key: str
    name: str
    spellings: tuple[str, ...]
    tier: str = ""
    host: bool = False
    mode: str = "walk"
    minutes: float = 15.0


def venue_types() -> dict[str, VenueType]:
    """Read the types of the package, by key."""
    root = files(__package__.rpartition(".")[0])
    lines = (root / "data" / "venue_types.csv").read_text("utf-8-sig").splitlines()
    return {
        row["key"]: VenueType(
            row["key"],
            row["name_zh"],
            (row["key"], row["name_zh"], row["name_en"], *filter(None, row["aliases"].split(";"))),
            row["tier"],
            row["upgrade_host"] == "yes",
            row["mode"],
            float(row["minutes"]),
        )
        for row in csv.DictReader(lines)
    }


def venue_type(types: Mapping[str, VenueType], cell: str) -> str:
    """Read the key of the one type that a cell names."""
    keys = {lookup_key(word): kind.key for kind in types.values() for word in kind.spellings}
    try:
        return kind_of(keys, cell)
    except CellError as error:
        if error.code != "Q-TYPE":
            raise
        near = get_close_matches(lookup_key(cell), keys, 1, 0.5)
        raise CellError("Q-TYPE", near=types[keys[near[0]]].name if near else "—") from error
