"""What a table of venues may say: its columns, and the words of their cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

from .cells import choice, code, day, text, words, yes_no
from .columns import Column
from .lookup import TOWN_ALIASES, TOWN_CODE_ALIASES
from .points import DATUM, LAT, LON
from .venue_cells import amount
from .venue_types import VenueType, venue_type

STATUSES = {
    "open": "open", "在用": "open", "开放": "open", "已开放": "open", "运营": "open",
    "正常": "open", "已建": "open", "建成": "open",
    "planned": "planned", "拟建": "planned", "规划": "planned", "在建": "planned",
    "筹建": "planned",
    "closed": "closed", "停用": "closed", "关闭": "closed", "撤销": "closed",
    "暂停": "closed", "suspended": "closed",
    "candidate": "candidate", "候选": "candidate", "备选": "candidate",
}  # fmt: skip
GRADES = {
    "A": ("测量", "实测", "GPS"), "B": ("门牌", "门牌号"), "C": ("兴趣点", "POI"),
    "D": ("村", "村级", "社区"), "E": ("镇", "镇级", "乡镇", "镇街", "街道"),
}  # fmt: skip
"""How well a point is known: surveyed, by its door, a point of interest, its village, its town."""
PRECISIONS = {
    spelling: grade for grade, names in GRADES.items() for spelling in (grade, f"{grade}级", *names)
}
CAPACITY_UNITS = {"座位数": "座", "床位数": "床", "学位数": "学位"}
"""Headers that say what they count."""


def venue_columns(types: Mapping[str, VenueType]) -> tuple[Column, ...]:
    """Return the columns of a table of venues."""
    optional = partial(Column, required=False, filled=False)
    name = partial(words, most=100)
    read_type = cache(partial(venue_type, types))
    return (
        Column("venue", ("编号", "设施编号", "场馆编号", "统一编码", "ID", "venue_id"), code),
        Column("name", ("名称", "设施名称", "场馆名称", "单位名称", "name"), name),
        Column("type", ("类型", "类别", "设施类型", "设施类别", "type"), read_type),
        *(replace(axis, required=False, filled=False) for axis in (LON, LAT)), DATUM,
        Column("status", ("状态", "运营状态", "status"), choice(STATUSES)),
        optional("town", TOWN_ALIASES, words),
        optional("town_code", TOWN_CODE_ALIASES, code),
        optional("capacity", ("容量", "服务能力", *CAPACITY_UNITS, "capacity"), amount,
                 spread=False),
        optional("capacity_unit", ("容量单位", "capacity_unit"), words),
        optional("groups", ("服务对象", "服务人群", "groups"), words),
        optional("days", ("开放日", "开放星期", "每周开放日", "opening_days"), words),
        optional("hours", ("开放时间", "开放时段", "营业时间", "opening_hours"), words),
        optional("precision", ("点位精度", "精度", "precision"), choice(PRECISIONS)),
        optional("address", ("地址", "详细地址", "address"), words),
        optional("public", ("是否对外开放", "对外开放", "public"), yes_no),
        optional("opened", ("启用日期", "开放日期", "建成日期", "open_date"), day),
        optional("closed", ("关闭日期", "停用日期", "close_date"), day),
        optional("source", ("来源", "数据来源", "source"), text),
        optional("as_of", ("数据日期", "更新日期", "as_of"), text),
    )  # fmt: skip
