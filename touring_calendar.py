"""The calendar of a tour: an iCalendar file (RFC 5545) and a workbook."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from .results import csv_safe
from .touring import Touring

FOLD_OCTETS = 75
WEEKDAYS = "一二三四五六日"
KIND_NAMES = {"mobile.museum": "流动科技馆", "mobile.van": "科普大篷车"}
WIDEST = 40


def escaped(text: str) -> str:
    """Return a text as a value of iCalendar (RFC 5545, 3.3.11)."""
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return "".join(c for c in text if c.isprintable() or c == "\t")


def folded(line: str) -> str:
    """Break a line after 75 octets at most, never within a character (RFC 5545, 3.1)."""
    parts, part, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > FOLD_OCTETS:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + octets
    return "\r\n".join([*parts, part])


def clock(start: str, minutes: float) -> datetime.time:
    """Return the time of day so many minutes after the start, whole minutes, rounded up."""
    hours, rest = start.split(":")
    whole = int(hours) * 60 + int(rest) + -int(-minutes // 1)
    return datetime.time(whole // 60 % 24, whole % 60)


def ics_text(found: Touring) -> str:
    """Return the tour as iCalendar: a day stop with its hours, a stay as whole days."""
    study = found.scene.study.study
    stamp = study.date.strftime("%Y%m%dT000000Z")
    mark = "（示意数据）" if study.illustrative else ""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//kepu//tour//ZH", "CALSCALE:GREGORIAN",
             f"X-WR-CALNAME:{escaped('科普巡回' + mark)}"]  # fmt: skip
    starts = {unit.name: unit.start for unit in found.scene.units}
    points = found.stops.geometry.to_crs(4326)
    for (_, row), point in zip(found.stops.iterrows(), points, strict=True):
        lines += _event(row, point, starts[row["unit"]], stamp, mark)
    return "".join(folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(row: Any, point: Any, start: str, stamp: str, mark: str) -> list[str]:
    who = f"{row['unit']}{row['vehicle']}号"
    key = f"{row['unit']}|{row['vehicle']}|{row['first']}|{row['stop']}|{row['host']}"
    if pd.isna(row["arrive"]):
        end = row["last"] + datetime.timedelta(days=1)
        when = [f"DTSTART;VALUE=DATE:{row['first']:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"]
    else:
        times = (clock(start, row["arrive"]), clock(start, row["leave"]))
        when = [
            f"{name}:{row['first']:%Y%m%d}T{time:%H%M%S}"
            for name, time in zip(("DTSTART", "DTEND"), times, strict=True)
        ]
    said = (
        f"可服务缺少固定设施的 {row['people']:,} 人；每人来一次则每天约 {row['people_a_day']:,} 人"
    )
    return [
        "BEGIN:VEVENT", f"UID:{hashlib.sha256(key.encode()).hexdigest()[:24]}@kepu",
        f"DTSTAMP:{stamp}", *when, f"SUMMARY:{escaped(who + ' ' + row['name'] + mark)}",
        f"LOCATION:{escaped(row['name'])}", f"GEO:{point.y:.6f};{point.x:.6f}",
        f"DESCRIPTION:{escaped(said)}", "END:VEVENT",
    ]  # fmt: skip


def write_workbook(path: Path, found: Touring, stops: pd.DataFrame, reach: pd.DataFrame) -> None:
    """Write the workbook: every day of the year, the stops, the stops by host, the people."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    study = found.scene.study.study
    mark = "　示意数据" if study.illustrative else ""
    sheets = {"日历": _days(found), "停靠": stops, "按停靠点": _by_host(found), "服务人数": reach}
    for title, table in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append([f"{study.name}　{title}{mark}"])
        sheet.append(list(table.columns))
        for row in csv_safe(table).itertuples(index=False):
            sheet.append([None if pd.isna(cell) else cell for cell in row])
        for cell in (*sheet[1], *sheet[2]):
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A3"
        for number, name in enumerate(table.columns, 1):
            texts = [str(name), *table.iloc[:, number - 1].astype(str)]
            wide = min(max(sum(2 if ord(c) > 255 else 1 for c in text) for text in texts), WIDEST)
            sheet.column_dimensions[sheet.cell(2, number).column_letter].width = wide + 2
    moment = datetime.datetime.combine(study.date, datetime.time())
    book.properties.created = book.properties.modified = moment
    book.save(path)


def _days(found: Touring) -> pd.DataFrame:
    """Return a row per date and a column per unit: where it is."""
    first, last = found.scene.whole
    dates = [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]
    columns: dict[str, dict[datetime.date, list[str]]] = {}
    for unit in found.scene.units:
        for vehicle in range(1, unit.count + 1):
            columns[f"{unit.name}{vehicle}号"] = {}
    for row in found.stops.itertuples():
        own = columns.setdefault(f"{row.unit}{row.vehicle}号", {})
        for date in _span(row.first, row.last):
            own.setdefault(date, []).append(str(row.name))
    table = {
        "日期": [date.isoformat() for date in dates],
        "星期": [WEEKDAYS[date.weekday()] for date in dates],
        "备注": [_remark(found, date) for date in dates],
    }
    for name, own in columns.items():
        table[name] = ["、".join(own.get(date, [])) for date in dates]
    return pd.DataFrame(table)


def _remark(found: Touring, date: datetime.date) -> str:
    rules = found.scene.study.tour
    said = []
    if any(a <= date <= b for a, b in rules.holidays):
        said.append("节假日")
    if rules.terms and not any(a <= date <= b for a, b in rules.terms):
        said.append("学校放假")
    if any(flood.first <= date <= flood.last for flood in rules.floods):
        said.append("汛期")
    return "、".join(said)


def _span(first: datetime.date, last: datetime.date) -> Iterable[datetime.date]:
    return (first + datetime.timedelta(days=n) for n in range((last - first).days + 1))


def _by_host(found: Touring) -> pd.DataFrame:
    towns = found.scene.measured.towns["name"]
    rows = []
    for (kind, host), own in found.stops.groupby(["kind", "host"], sort=True):
        dates = [
            a.isoformat() if a == b else f"{a.isoformat()} 至 {b.isoformat()}"
            for a, b in zip(own["first"], own["last"], strict=True)
        ]
        rows.append((KIND_NAMES[str(kind)], host, own["name"].iloc[0],
                     towns.get(own["town"].iloc[0], ""), len(own), "；".join(dates)))  # fmt: skip
    return pd.DataFrame(rows, columns=["种类", "编号", "停靠点", "镇街", "次数", "日期"])
