"""Faults of spreadsheets, texts and the study file: X, A and O of the catalogue."""

from __future__ import annotations

from . import healthy, kinds

planted, bad_place, bad_venue = kinds.planted, kinds.bad_place, kinds.bad_venue

# X1, X2: numbers and units
bad_place("X1 about", "Q-PEOPLE-ABOUT", 常住人口="约10")
bad_place("X1 negative", "Q-PEOPLE-NEGATIVE", 常住人口="-10")
bad_place("X1 a word", "Q-PEOPLE", 常住人口="十")
bad_place("X1 E-notation", "Q-PEOPLE", 常住人口="1E1")
bad_place("X1 a half", "Q-PEOPLE-FRACTION", 常住人口="10.5")
bad_place("X1 empty", "Q-MISSING", 常住人口="")
bad_place("X1 group larger than the place", "Q-GROUP", 老年人口="11")
bad_venue("X1 capacity below zero", "Q-NUMBER", 容量="-40")
planted("X1 full-width digits", 0, also=lambda found, _: found.normalised("demand", "常住人口", 1))(
    lambda f: f.demand[0].update(常住人口="１０人")
)


def ten_thousands(f):
    for row in f.demand:
        row["常住人口"] = str(int(row["常住人口"]) / 10_000)


@planted("X2 ten thousands, in the header", 0)
def _(f):
    ten_thousands(f)
    kinds.retitle(f.demand, "常住人口", "常住人口（万人）")


planted("X2 ten thousands, nowhere said", 3, "Q-PEOPLE-FRACTION", says=("0.1",))(ten_thousands)
planted("X2 ten thousands, in the cell", 0)(lambda f: f.demand[0].update(常住人口="0.001万人"))
planted("X2 households", 3, "E-UNIT", says=("常住人口（户）",))(
    lambda f: kinds.retitle(f.demand, "常住人口", "常住人口（户）")
)
planted(
    "X2 persons under 万人", 0, "W-PEOPLE-MANY", says=("demand.csv",),
    people=9999 * healthy.ALL_PEOPLE, room=9999 * healthy.ROOM_PEOPLE,
)(lambda f: kinds.retitle(f.demand, "常住人口", "常住人口（万人）"))  # fmt: skip


@planted(
    "X2 the cell contradicts the header", 2, "Q-UNIT-CLASH", says=("0.001万人", "第2行"),
    people=-10, room=-10, table="demand", row=2,
)  # fmt: skip
def _(f):
    kinds.retitle(f.demand, "常住人口", "常住人口（人）")
    f.demand[0]["常住人口（人）"] = "0.001万人"


# X3: totals
def total(f, people, name="合计", place=247, **cells):
    row = dict.fromkeys(f.demand[0], "") | {"名称": name, "常住人口": str(people), **cells}
    f.demand.insert(place, row)


planted("X3 total", 2, "Q-TOTAL", says=("第249行",), table="demand", row=249)(
    lambda f: total(f, healthy.ALL_PEOPLE)
)
planted("X3 subtotal", 2, "Q-TOTAL", says=("第12行",), table="demand", row=12)(
    lambda f: total(f, 9010, "小 计：", 10)
)
planted("X3 a total that does not add up", 2, "Q-TOTAL", "W-TOTAL", says=("999999", "246010"),
        table="demand", row=249)(lambda f: total(f, 999999))  # fmt: skip
planted("X3 a total by another name", 2, "Q-TOTAL", table="demand", row=249)(
    lambda f: total(f, healthy.ALL_PEOPLE, "测试区", **{
        "代码": "441802999999", "经度": "113.063", "纬度": "23.7102", "城乡": "城镇",
        "老年人口": "49202", "农民人口": "105000", "所属镇街": "山前镇"})
)  # fmt: skip
planted("X3 total of the venues", 2, "Q-TOTAL", says=("venues.csv", "第64行"),
        table="venues", row=64)(
    lambda f: f.venues.append(dict.fromkeys(f.venues[0], "") | {"编号": "总计"})
)  # fmt: skip


# X4 to X6: workbooks
@planted("X4 merged cells", 0)
def _(f):
    def merge(sheet):
        sheet.merge_cells("C2:C4")

    kinds.as_book(f, "demand", merge)


planted("X5 a workbook", 0)(lambda f: kinds.as_book(f, "demand"))
planted("X5 a title above the header", 0)(
    lambda f: kinds.as_book(f, "demand", lambda sheet: (sheet.insert_rows(1),
                            sheet.cell(1, 1, "测试区2020年人口")))
)  # fmt: skip
planted("X5 another sheet", 0, "W-SHEETS-OTHER", says=("demand.xlsx", "旧表"))(
    lambda f: kinds.as_book(
        f, "demand", lambda sheet: sheet.parent.create_sheet("旧表").append(["代码", "名称"])
    )
)
planted("X5 two sheets of one form", 3, "E-SHEET", says=("demand.xlsx", "Sheet Copy"))(
    lambda f: kinds.as_book(f, "demand", lambda sheet: sheet.parent.copy_worksheet(sheet))
)
planted("X5 blank rows", 0)(lambda f: kinds.as_book(f, "demand", lambda s: s.insert_rows(100)))
planted("X6 the last row of an old Excel", 3, "E-LAST-ROW", says=("demand.xlsx", "65536"))(
    kinds.last_row_book
)
planted("X6 a damaged workbook", 3, "E-XLSX", says=("demand.xlsx",))(
    lambda f: (
        kinds.as_book(f, "demand"),
        f.after.append(lambda folder: kinds.cut(folder / "demand.xlsx", 0.9)),
    )
)
planted("X6 a workbook that lacks a part", 3, says=("[E-", "demand.xlsx"))(
    lambda f: (
        kinds.as_book(f, "demand"),
        f.after.append(
            lambda folder: kinds.whole_zip_but(folder / "demand.xlsx", "xl/worksheets/sheet1.xml")
        ),
    )
)

# X7 to X9: codes and names
bad_place("X7 E-notation", "Q-CODE-SPOILT", 代码="4.41803E+11")
bad_place("X7 a date", "Q-DATE-IN-TEXT", 代码="2026-01-02")
bad_venue("X7 digits lost after the 15th", "Q-CODE-SPOILT", 编号="441802901001001000")
planted("X7 all codes in E-notation", 3, "Q-CODE-SPOILT", check=3, says=("4.41803E+11",))(
    lambda f: [row.update(代码="4.41803E+11") for row in f.demand]
)
NOTHINGS = ("NA", "None", "null", "nan", "TRUE", "1-2")


def verbatim(found, _):
    assert tuple(row["名称"] for row in found.sheet("places")[: len(NOTHINGS)]) == NOTHINGS
    assert list(found.layer("村社区")["名称"][: len(NOTHINGS)]) == list(NOTHINGS)


planted("X9 names that look like nothing", 0, also=verbatim)(
    lambda f: [row.update(名称=name) for row, name in zip(f.demand, NOTHINGS, strict=False)]
)


# X10: encodings
for name, encoding, mark in (
    ("UTF-8", "utf-8", b""), ("UTF-8 with a mark", "utf-8", b"\xef\xbb\xbf"),
    ("GB 18030", "gb18030", b""), ("GB 18030 with a mark", "gb18030", b"\x84\x31\x95\x33"),
    ("GBK", "gbk", b""), ("UTF-16 LE with a mark", "utf-16-le", b"\xff\xfe"),
    ("UTF-16 BE with a mark", "utf-16-be", b"\xfe\xff"),
):  # fmt: skip
    planted(f"X10 {name}", 0)(
        lambda f, e=encoding, m=mark: kinds.as_text(f, "demand", lambda t: m + t.encode(e))
    )
for name, spoil in (
    ("UTF-16 LE without a mark", lambda t: t.encode("utf-16-le")),
    ("UTF-16 BE without a mark", lambda t: t.encode("utf-16-be")),
    ("UTF-8 read as Latin-1", lambda t: t.encode("utf-8").decode("latin-1").encode("utf-8")),
    ("GBK read as Latin-1", lambda t: t.encode("gbk").decode("latin-1").encode("utf-8")),
    ("UTF-8 read as GBK", lambda t: t.encode("utf-8").decode("gb18030", "replace").encode()),
    ("Shift-JIS", lambda t: t.replace("镇", "町").encode("shift-jis", "replace")),
    ("damaged before", lambda t: t.replace("河东", "河�").encode("utf-8")),
):
    planted(f"X10 {name}", 3, says=("[E-", "demand.csv"))(
        lambda f, spoil=spoil: kinds.as_text(f, "demand", spoil)
    )


# X11, X12: formulas and headers
def cell(value):
    def change(sheet):
        sheet["F2"] = value

    return lambda f: kinds.as_book(f, "demand", change)


for name, value, code in (
    ("a formula without value", "=5+5", "Q-FORMULA"),
    ("#REF!", "#REF!", "Q-CELL-ERROR"),
    ("#N/A", "#N/A", "Q-CELL-ERROR"),
):
    planted(f"X11 {name}", 2, code, says=(value, "第2行", "常住人口"), people=-10, room=-10,
            table="demand", row=2)(cell(value))  # fmt: skip
planted("X12 a header twice", 3, "E-HEADER-TWICE", says=("名称",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.replace("点位精度", "名称", 1))
)
planted("X12 two headers for one column", 3, "E-HEADER-SEVERAL", says=("常住人口", "总人口"))(
    lambda f: kinds.add_column(f.demand, "总人口", "5")
)
planted("X12 a column is missing", 3, "E-HEADER-MISSING", says=("venues.csv", "类型"))(
    lambda f: kinds.retitle(f.venues, "类型", "说明")
)
planted("X12 nearly a header", 0, "W-HEADER-NEAR", says=("老年人囗",))(
    lambda f: kinds.retitle(f.demand, "老年人口", "老年人囗")
)
planted("X12 the column of a standard is missing", 3, "E-GROUP-MISSING", says=("农民人口",))(
    lambda f: kinds.retitle(f.demand, "农民人口", "说明")
)
planted(
    "X13 a comma too many", 2, "Q-FIELDS", says=("第2行",), people=-10, room=-10,
    table="demand", row=2,
)(
    lambda f: kinds.as_text(f, "demand", lambda t: t.replace(",10,城镇,", ",1,0,城镇,", 1))
)  # fmt: skip
planted("X13 a quote that does not close", 3, says=("[E-", "demand.csv"))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.replace("441802901001", '"441802901001'))
)
planted("X13 a NUL byte", 3, "E-CONTROL", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.replace("河东000", "河东\0000"))
)
planted("X13 no rows", 3, "E-EMPTY", says=("demand.csv",))(
    lambda f: kinds.as_text(f, "demand", lambda text: text.splitlines()[0] + "\n")
)
planted("X13 another format", 3, "E-FORMAT", says=("demand.doc",))(
    lambda f: f.say('file = "demand.csv"', 'file = "demand.doc"')
)

# X14: which people
planted("X14 kind of population not stated", 3, "E-STUDY-MISSING", says=("demand.population",))(
    lambda f: f.say('population = "resident"\n', "")
)
planted("X14 registered taken as resident", 3, "E-HEADER-MISSING", says=("常住人口", "户籍人口"))(
    lambda f: kinds.retitle(f.demand, "常住人口", "户籍人口")
)


def both(f, kind):
    kinds.add_column(f.demand, "户籍人口", "2000")
    f.say('population = "resident"', f'population = "{kind}"')


planted("X14 both kinds, resident asked", 0)(lambda f: both(f, "resident"))
planted("X14 both kinds, registered asked", 0, people=247 * 2000 - healthy.ALL_PEOPLE,
        room=healthy.ROOMS_OPEN * 2000 - healthy.ROOM_PEOPLE)(
    lambda f: both(f, "registered")
)  # fmt: skip


# X15, X16: which venues
def dated(f, column, day):
    kinds.add_column(f.venues, column)
    f.venues[1][column] = day


for status in ("停用", "拟建", "候选"):
    planted(f"X15 {status}", 0, room=-1000)(lambda f, s=status: f.venues[1].update(状态=s))
bad_venue("X15 no status", "Q-MISSING", 状态="")
bad_venue("X15 unknown status", "Q-CHOICE", 状态="装修中")
planted("X15 opens later", 0, "W-OPENS-LATER", says=("2026-11-01", "3"), room=-1000)(
    lambda f: dated(f, "启用日期", "2027-01-01")
)
planted("X15 closed before", 0, "W-CLOSED-BEFORE", says=("2026-11-01", "3"), room=-1000)(
    lambda f: dated(f, "关闭日期", "2026年6月30日")
)
bad_venue("X15 no date", "Q-DATE", 启用日期="明年")


@planted(
    "X15 closes before it opens", 2, "Q-DAYS", says=("第3行", "关闭日期", "2019-01-01"),
    room=-1000, table="venues", row=3,
)  # fmt: skip
def _(f):
    dated(f, "启用日期", "2020-01-01")
    dated(f, "关闭日期", "2019-01-01")


bad_venue("X15 unknown type", "Q-TYPE", 类型="社区科普活动屋", more=("社区科普活动室",))
bad_venue("X15 several types", "Q-TYPE-SEVERAL", 类型="社区科普活动室、农家书屋")
planted("X16 a venue entered twice", 0, "W-TWINS", says=("013002 = 013099",))(
    lambda f: f.venues.append(f.venues[1] | {"编号": "013099"})
)


# A, O: the study file
for name, goal in (("90", "90"), ('"90%"', '"90%"'), ("0", "0")):
    planted(f"A12 a goal of {name}", 3, "E-STUDY-VALUE", says=("goal", goal.strip('"')))(
        lambda f, goal=goal: f.say("goal = 0.9", f"goal = {goal}")
    )
FIRST_STANDARD = '[[standards]]\nkey = "room"'


def speed(f, mode, kind, kmh):
    f.say(FIRST_STANDARD, f"[speeds.{mode}]\n{kind} = {kmh}\n\n{FIRST_STANDARD}")


for kmh in ("0", "-4", "nan", "inf"):
    planted(f"A13 a speed of {kmh}", 3, "E-STUDY-VALUE", says=("residential",))(
        lambda f, kmh=kmh: speed(f, "walk", "residential", kmh)
    )
for mode, kind, kmh in (("walk", "residential", 40), ("car", "trunk", 216), ("ebike", "path", 72)):
    planted(f"R10 {mode} at {kmh} km/h", 3, "E-STUDY-VALUE", says=(kind, str(kmh)))(
        lambda f, mode=mode, kind=kind, kmh=kmh: speed(f, mode, kind, kmh)
    )
planted("R6 a speed of a class that is not there", 3, "E-SPEED-CLASS", says=("resident",), check=0)(
    lambda f: speed(f, "walk", "resident", 4)
)
BUFFER = "buffer_km = 2"
for name, code, says, old, new in (
    ("an unknown key", "E-STUDY-KEY", "buffer_km", "buffer_km = 2", "bufer_km = 2"),
    ("a key twice", "E-STUDY-TOML", "study.toml", BUFFER, "buffer_km = 2\nbuffer_km = 5"),
    ("a number in quotes", "E-STUDY-VALUE", "buffer_km", "buffer_km = 2", 'buffer_km = "2"'),
    ("an unknown type", "E-STANDARD-TYPE", "town.hall", '"town.hall"', '"town.hal"'),
    ("a standard twice", "E-STANDARD-TWICE", "room", 'key = "hall"', 'key = "room"'),
    ("a limit beyond the horizon", "E-STANDARD-HORIZON", "121", "minutes = 30", "minutes = 121"),
):
    planted(f"O6 {name}", 3, code, says=(says,))(lambda f, old=old, new=new: f.say(old, new))
for name in ("towns.geojson", "demand.csv", "venues.csv", "roads.osm.pbf"):
    planted(
        f"O6 no {name}", 3, "E-FILE-MISSING", says=(name,), check=0 if "roads" in name else None
    )(lambda f, name=name: f.after.append(lambda folder: (folder / name).unlink()))
