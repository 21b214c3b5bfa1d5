"""Cells of the table of venues: types, capacities with their unit, and whom a venue is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .cells import MADE_DATE, CellError, half_width, lookup_key, number, text
from .columns import REMARKED

SEVERAL = re.compile(r"[;；、,，/+]")
"""What stands between the parts of a cell that holds more than one."""
UNITS = {
    "座": ("座", "个座位", "座位", "席"),
    "床": ("床", "张床", "张床位", "床位", "个床位", "张"),
    "学位": ("学位", "个学位"),
    "人": ("人", "名", "人次"),
    "平方米": ("平方米", "平米", "㎡", "m2", "m²"),
    "册": ("册", "本"),
    "间": ("间", "个"),
}
UNIT_NAMES = {lookup_key(word): unit for unit, words in UNITS.items() for word in words}
AMOUNT = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?) ?(\D+[0-9²]?)")

TARGETS = {
    "elderly": ("老年人", "老人", "老年", "长者", "60岁以上", "elderly"),
    "youth": ("青少年", "儿童", "学生", "中小学生", "少年儿童", "未成年人", "小学生", "中学生",
              "youth"),
    "farmers": ("农民", "村民", "农户", "farmers"),
    "workers": ("产业工人", "工人", "职工", "务工人员", "workers"),
    "officials": ("领导干部和公务员", "领导干部", "干部", "公务员", "党员干部", "officials"),
    "people": ("全体", "公众", "社会公众", "居民", "市民", "群众", "全民", "所有人", "全体居民",
               "全体村民", "不限", "people"),
}  # fmt: skip
"""Groups of people by what a list of venues calls them."""
TARGET_KEYS = {lookup_key(word): group for group, words in TARGETS.items() for word in words}


@dataclass(frozen=True)
class Amount:
    """A number and the unit beside it, which may be empty; its text is the plain number."""

    number: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number:.15g}"


def amount(cell: str) -> Amount:
    """Read a number of zero or more, with or without a known unit."""
    value = half_width(cell)
    match = AMOUNT.fullmatch(value)
    if match is None or MADE_DATE.fullmatch(value):
        return Amount(number(cell))
    unit = UNIT_NAMES.get(lookup_key(match[2]))
    if unit is None:
        raise CellError("Q-AMOUNT", known="、".join(UNITS))
    return Amount(number(match[1]), unit)


def unit_name(cell: str) -> str:
    """Return the usual word for a unit; an unknown one stays as it is."""
    return UNIT_NAMES.get(lookup_key(cell), cell)


def targets(cell: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the keys of the groups that a text names, and the words that name none."""
    parts = [part for part in re.split(r"[;；、,，/+和及与 ]", text(cell)) if part]
    whole = TARGET_KEYS.get(lookup_key(cell))
    if whole is not None:
        return (whole,), []
    known = [TARGET_KEYS.get(lookup_key(part)) for part in parts]
    strange = [part for part, group in zip(parts, known, strict=True) if group is None]
    return tuple(dict.fromkeys(group for group in known if group)), strange


def kind_of(names: Mapping[str, str], cell: str) -> str:
    """
    Read the key of the one type that a cell names.

    Parameters
    ----------
    names
        Keys of types by `lookup_key` of their spellings.
    cell
        A spelling, with or without a remark in brackets; several spellings of one type.

    Raises
    ------
    CellError
        Several types, or none.
    """
    key = lookup_key(text(cell))
    if key in names:
        return names[key]
    bare = REMARKED.sub("", key)
    if bare in names:
        return names[bare]
    found = {names[part] for part in SEVERAL.split(key) if part in names}
    strange = [part for part in SEVERAL.split(key) if part and part not in names]
    if len(found) == 1 and not strange:
        return found.pop()
    raise CellError("Q-TYPE-SEVERAL" if found else "Q-TYPE")
