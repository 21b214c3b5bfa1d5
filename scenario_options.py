"""Scenarios as options of the command line: the same edits as in a file, in the order typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .geo.errors import Fault, StudyError
from .scenario_file import checked
from .scenario_keys import DOING, EVERY_GROUP, Scenario

FORMS = {
    "open": "V012,V015",
    "close": "V001",
    "add": "room.community@113.05,23.68",
    "move": "V001@113.05,23.68",
    "upgrade": "V300=room.community",
    "capacity": "V001=60",
    "hours": "V001=08:30-21:00",
    "days": "V001=周一至周日",
    "add-people": "3000@113.05,23.68",
    "close-road": "北江大桥",
    "close-area": "淹没范围.geojson",
    "add-road": "tertiary@113.05,23.68;113.06,23.69",
    "speed": "car.secondary=30",
}
"""The options, with an example of what stands behind each; further keys of the edit may follow."""
DOES = {
    "open": "open_venue", "close": "close_venue", "add": "add_venue", "move": "move_venue",
    "upgrade": "upgrade_venue", "capacity": "change_capacity", "hours": "change_hours",
    "days": "change_hours", "add-people": "add_people", "close-road": "close_roads",
    "close-area": "close_roads", "add-road": "add_road", "speed": "change_speed",
}  # fmt: skip
LISTS = ("modes", "serves")
NUMBERS = ("capacity", "limit_kmh", "join_metres")
SWITCHES = {"true": True, "false": False, "是": True, "否": False}
AS_TYPED = ("close-road", "close-area", "hours", "days")
"""Names and files keep the signs that they are written with."""
WIDE = str.maketrans("，、；＠＝", ",,;@=")
"""Signs as a Chinese keyboard writes them."""


def from_options(
    options: Sequence[tuple[str, str]], *, name: str, resnap: bool = False, datum: str | None = None
) -> Scenario:
    """
    Return the scenario of some command-line options, in their order.

    Parameters
    ----------
    options
        Pairs of an option without its dashes and what stands behind it: the form in `FORMS`, then,
        each behind a space, any further `key=value` that a file may say of such an edit.
    datum
        Of the longitudes and latitudes in them and in files of areas. None: WGS 84, and of a file
        what it says of itself.

    Raises
    ------
    StudyError
        An option is not written as it must be.
    """
    edits, faults = [], []
    counts: dict[str, int] = {}
    for option, text in options:
        counts[option] = counts.get(option, 0) + 1
        try:
            head, further = _parted(option, text)
            edit = _parsed(option, head, counts[option])
            where = {"datum": datum} if datum and {"lon", "line", "area_file"} & set(edit) else {}
            edits.append(edit | where | further)
        except (ValueError, IndexError):
            facts = {"form": FORMS[option]}
            faults.append(Fault("E-SCENARIO-OPTION", column=f"--{option}", value=text, facts=facts))
    if faults:
        raise StudyError(*faults)
    return checked({"name": name, "resnap": resnap, "edits": edits}, "whatif")


def _parted(option: str, text: str) -> tuple[str, dict[str, Any]]:
    """Part what stands behind an option into its form and the further keys."""
    keys = {*DOING[DOES[option]].model_fields, *(EVERY_GROUP if option == "add-people" else ())}
    head, *rest = re.split(rf"\s+({'|'.join(sorted(keys - {'do', 'groups'}))})=", text.strip())
    further: dict[str, Any] = {}
    groups = {}
    for key, value in zip(rest[::2], rest[1::2], strict=True):
        if key in EVERY_GROUP:
            groups[key] = int(value)
        else:
            further[key] = _value(key, value.strip())
    return head, further | ({"groups": groups} if groups else {})


def _value(key: str, text: str) -> Any:
    if key in LISTS:
        return [part.strip() for part in text.translate(WIDE).split(",") if part.strip()]
    if key in NUMBERS:
        return float(text)
    return SWITCHES.get(text.lower(), text)


def _parsed(option: str, text: str, number: int) -> dict[str, Any]:
    """Return one edit as it would stand in a file."""
    if not text:
        raise ValueError
    if option not in AS_TYPED:
        text = text.translate(WIDE)
    does = {"do": DOES[option]}
    if option in ("open", "close"):
        return does | {"venue": [part.strip() for part in text.split(",") if part.strip()]}
    if option == "close-road":
        return does | ({"way": int(text)} if text.isdecimal() else {"name": text})
    if option == "close-area":
        return does | {"area_file": str(Path(text).absolute())}
    if option in ("add", "move", "add-people", "add-road"):
        what, _, rest = text.partition("@")
        return does | _placed(option, what.strip(), [_point(p) for p in rest.split(";")], number)
    key, _, value = (part.strip() for part in text.partition("="))
    if not value:
        raise ValueError
    if option == "speed":
        mode, _, highway = key.partition(".")
        return does | {"mode": mode, "highway": highway, "kmh": float(value)}
    if option == "capacity":
        return does | {"venue": key, "capacity": float(value)}
    return does | {"venue": key, "type" if option == "upgrade" else option: value}


def _placed(
    option: str, what: str, points: list[tuple[float, float]], number: int
) -> dict[str, Any]:
    """Return what an edit of something at a point, or along some, says."""
    if option == "add-road":
        return {"highway": what, "line": points}
    (lon, lat), = points  # fmt: skip
    at = {"lon": lon, "lat": lat}
    if option == "move":
        return {"venue": what, **at}
    if option == "add":
        return {"id": f"NEW{number}", "type": what, **at}
    return {"id": f"NEW{number}", "people": int(what), **at}


def _point(text: str) -> tuple[float, float]:
    lon, lat = text.split(",")
    return float(lon), float(lat)
