"""Faults of workbooks, texts and cells that planners make by hand: more of X, N and V."""

from __future__ import annotations

import os
import zipfile

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from . import kinds

planted, bad_place, bad_venue = kinds.planted, kinds.bad_place, kinds.bad_venue


def book(name, exit_code, *codes, change, **more):
    """Plant a fault in a workbook of places."""
    planted(name, exit_code, *codes, **{"says": ("demand.xlsx",), **more})(
        lambda f: kinds.as_book(f, "demand", change)
    )


# X5: what a sheet shows
def hidden_sheet(sheet):
    other = sheet.parent.create_sheet("旧表")
    other.append(["代码", "名称"])
    other.sheet_state = "hidden"


def struck(sheet):
    sheet["B3"].font = openpyxl.styles.Font(strike=True)


def struck_in_part(sheet):
    """The old number, struck out, and the new one in one cell: both together are read."""
    sheet["F2"] = CellRichText(TextBlock(InlineFont(strike=True), "1"), "0")


def hide(sheet):
    sheet.row_dimensions[3].hidden = True


book("X5 a row that is not shown", 0, "W-ROWS-HIDDEN", change=hide, says=("demand.xlsx", "3"))
book("X5 a row that is struck out", 0, "W-ROWS-STRUCK", change=struck, says=("demand.xlsx", "3"))
book("X5 a number struck out in part", 0, "W-ROWS-STRUCK", change=struck_in_part)
book("X5 a sheet that is not shown", 0, "W-SHEETS-HIDDEN", change=hidden_sheet)
book(
    "X4 people in merged cells", 2, "Q-MERGED", "W-QUARANTINE", accept=True,
    change=lambda sheet: sheet.merge_cells("F2:F3"), says=("第2行", "第3行", "常住人口"),
    people=-1010, room=-10, table="demand", row=2,
)  # fmt: skip


def unit_line(sheet):
    sheet.insert_rows(1)
    sheet["A1"] = "单位：万人"


def header_again(sheet):
    sheet.insert_rows(2)
    for column in range(1, sheet.max_column + 1):
        sheet.cell(2, column, sheet.cell(1, column).value)


def far(sheet):
    sheet["XFD650"] = " "


book("X2 ten thousands, above the header", 3, "E-UNIT-LINE", change=unit_line, says=("单位：万人",))
book("X12 the header twice", 3, "E-HEADER-ROWS", change=header_again)
book("X6 a space in the farthest cell", 3, "E-CELLS-FAR", change=far, says=("650", "16384"))


# X6: files that are not what they seem
def bomb(folder):
    with zipfile.ZipFile(folder / "demand.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x", bytes(2**22))


def macros(folder):
    (folder / "demand.xlsx").rename(folder / "demand.xlsm")
    with zipfile.ZipFile(folder / "demand.xlsm", "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")


@planted("X6 a workbook that unpacks to far more", 3, "E-XLSX-SIZE", says=("demand.xlsx",))
def _(f):
    kinds.as_book(f, "demand")
    f.after.append(bomb)


@planted("X6 a workbook with macros", 0, "W-MACROS", says=("demand.xlsm",))
def _(f):
    kinds.as_book(f, "demand")
    f.say('"demand.xlsx"', '"demand.xlsm"')
    f.after.append(macros)


@planted("X6 a workbook called CSV", 3, "E-FORMAT-OTHER", says=("demand.csv",))
def _(f):
    kinds.as_book(f, "demand")
    f.say('"demand.xlsx"', '"demand.csv"')
    f.after.append(lambda folder: (folder / "demand.xlsx").replace(folder / "demand.csv"))


planted("X6 a file of 201 MB", 3, "E-FILE-BIG", says=("demand.csv", "201"))(
    lambda f: f.after.append(lambda folder: os.truncate(folder / "demand.csv", 201 * 2**20))
)

# X13: texts that are cut or not CSV
planted("X13 no end of the last line", 0, "W-LAST-LINE", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.rstrip("\n"))
)
planted("X13 the last line cut", 3, "E-CUT", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text[:-20])
)
planted("X13 a quote within a cell", 3, "E-CSV", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.replace("河东000", '"河东"000'))
)
planted("X13 more rows than a district has places", 3, "E-ROWS-MANY", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text + "\n" * 200_000)
)
planted(
    "X13 a text that turns round", 2, "Q-CONTROL", says=("第2行", "名称"),
    people=-10, room=-10, table="demand", row=2,
)(lambda f: f.demand[0].update(名称="河东\u202e000号社区"))  # fmt: skip
planted(
    "X13 a name of a hundred and one characters", 2, "Q-LONG", says=("第2行", "101"),
    people=-10, room=-10, table="demand", row=2,
)(lambda f: f.demand[0].update(名称="村" * 101))  # fmt: skip

# X15: cells of venues
bad_venue("X15 a capacity of cars", "Q-AMOUNT", 容量="40辆")
bad_venue("X15 a date as a number", "Q-DATE-SERIAL", 启用日期="44136", more=("2020-11-01",))
bad_venue("X15 perhaps open to the public", "Q-YES-NO", 对外开放="也许")


def extra(column, cell):
    def change(f):
        kinds.add_column(f.venues, column)
        f.venues[1][column] = cell

    return change


planted("X15 not open to the public", 0, "W-NOT-PUBLIC", says=("venues.csv", "3"))(
    extra("对外开放", "否")
)
planted("X15 for nobody that is known", 0, "W-TARGETS", says=("venues.csv", "外星人"))(
    extra("服务对象", "外星人")
)
planted("X15 for old people only", 0, "W-OTHER-GROUPS", says=("活动室",), room=-1000)(
    extra("服务对象", "老年人")
)


@planted("X15 planned, and open by its date", 0, "W-PLANNED-OPENED", says=("2026-11-01", "44"))
def _(f):
    kinds.add_column(f.venues, "启用日期")
    f.venues[42].update(启用日期="2020-01-01")


planted("X15 no venue can be used", 3, "E-NONE-LEFT", "Q-CHOICE", says=("venues.csv",))(
    lambda f: [row.update(状态="？") for row in f.venues]
)

# N, C: places
planted(
    "N4 a village twice under another code", 0, "W-PLACE-TWICE", people=1000,
    says=("河东街道 河东001号社区", "3", "249"),
)(lambda f: f.demand.append(f.demand[1] | {"代码": "441802901999"}))  # fmt: skip
planted(
    "N4 a mark that cannot be seen in an id", 2, "Q-ID-TWICE", says=("第64行", "013002"),
    table="venues", row=64,
)(lambda f: f.venues.append(f.venues[1] | {"编号": "013002\u200e"}))  # fmt: skip
planted(
    "N1 town and code of a town differ", 2, "Q-TOWN-CLASH", says=("第2行", "441802903"),
    people=-10, room=-10, table="demand", row=2,
)(
    lambda f: (
        kinds.add_column(f.demand, "镇街代码"), f.demand[0].update(镇街代码="441802903")
    )
)  # fmt: skip
planted("N1 urban or rural not stated", 0, "W-RURAL", says=("demand.csv",))(
    lambda f: f.demand[0].update(城乡="")
)
planted("X1 nobody anywhere", 3, "E-PEOPLE-ZERO", says=("demand.csv",))(
    lambda f: [row.update(常住人口="0", 老年人口="0", 农民人口="0") for row in f.demand]
)


def rounded(f, table, column, digits):
    for row in getattr(f, table):
        row[column] = f"{float(row[column]):.{digits}f}"


planted("C10 latitudes with one decimal", 3, "E-COARSE", says=("demand.csv", "247"))(
    lambda f: rounded(f, "demand", "纬度", 1)
)
planted("C10 longitudes with three decimals", 0, "W-COARSE", says=("venues.csv", "62"), room=None)(
    lambda f: rounded(f, "venues", "经度", 3)
)
