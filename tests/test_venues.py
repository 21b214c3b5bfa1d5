"""The venues: on the map where they are, of one type, and open when they are."""

from __future__ import annotations

import csv
import datetime
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.crs import WGS84, gcj02_to_bd09, transform, wgs84_to_gcj02
from kepu.geo.errors import LayerError
from kepu.layers.cells import CellError, lookup_key
from kepu.layers.ledger import Ledger
from kepu.layers.twins import alike
from kepu.layers.venue_cells import Amount, amount, targets
from kepu.layers.venues import read_venues, venue_type, venue_types

REAL = Path(__file__).parents[2] / "shared" / "data" / "venues" / "qingcheng_kepu_venues.csv"
HEADER = ("编号", "名称", "类型", "所属镇街", "经度", "纬度", "状态")
DATE = datetime.date(2026, 11, 1)


def venue(**cells: object) -> dict[str, object]:
    plain = dict(
        zip(HEADER, ("V1", "一号", "农家书屋", "", "113.02", "23.65", "在用"), strict=True)
    )
    return {**plain, **cells}


def table(folder: Path, *rows: dict[str, object], name: str = "venues.csv") -> Path:
    path = folder / name
    headers = list(dict.fromkeys(header for row in rows for header in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path, towns: GeoDataFrame, **options: Any) -> tuple[GeoDataFrame, Ledger]:
    plain: dict[str, Any] = {"datum": "WGS84", "buffer_metres": 15_000.0, "date": DATE}
    venues, ledger = read_venues(path, towns=towns, **{**plain, **options})
    assert len(venues) == ledger.ok
    assert all(fault.zh and fault.en for fault in ledger.faults + ledger.warnings)
    ledger.balance()
    return venues, ledger


def stopped(path: Path, towns: GeoDataFrame, **options: Any) -> set[str]:
    with pytest.raises(LayerError) as error:
        read(path, towns, **options)
    assert str(error.value)
    return {fault.code for fault in error.value.faults}


def refused(ledger: Ledger) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.code) for fault in ledger.faults]


def warned(ledger: Ledger) -> set[str]:
    return {fault.code for fault in ledger.warnings}


def test_schema(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        venue(编号="0013"),
        venue(
            编号="NA",
            名称="None",
            类型="科普中国乡村ｅ站",
            所属镇街="源潭镇",
            经度="113.12",
            状态="拟建",
            容量="1,200",
            容量单位="座",
            服务对象="青少年",
            点位精度="b",
            地址="某路１号",
            来源="普查",
            数据日期="2026-01",
        ),
    ]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues.index.tolist() == ["0013", "NA"]
    assert venues.index.name == "venue"
    assert list(venues.columns) == [
        "name",
        "type",
        "type_name",
        "status",
        "capacity",
        "capacity_unit",
        "groups",
        "targets",
        "days",
        "hours",
        "precision",
        "address",
        "town",
        "public",
        "outside",
        "source",
        "as_of",
        "datum",
        "geometry",
    ]
    second = venues.loc["NA"]
    assert second.drop("geometry").to_dict() == {
        "name": "None",
        "type": "rural.estation",
        "type_name": "科普中国乡村e站",
        "status": "planned",
        "capacity": 1200.0,
        "capacity_unit": "座",
        "groups": "青少年",
        "targets": "youth",
        "days": "",
        "hours": "",
        "precision": "B",
        "address": "某路１号",
        "town": "441802102",
        "public": True,
        "outside": True,
        "source": "普查",
        "as_of": "2026-01",
        "datum": "",
    }
    first = venues.loc["0013"]
    assert math.isnan(first["capacity"])
    assert (first["capacity_unit"], first["town"], first["outside"]) == ("", "", False)
    assert venues.crs == towns.crs
    assert warned(ledger) == {"W-TOWN", "W-COARSE"}


def test_workbook_and_csv_give_the_same(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [venue(编号="01", 容量="30"), venue(编号="02", 经度="113.0725", 状态="停用")]
    workbook = openpyxl.Workbook()
    workbook.active.append(list(rows[0]))
    for row in rows:
        row.setdefault("容量", "")
        cells = [float(v) if k in ("经度", "纬度") else v or None for k, v in row.items()]
        workbook.active.append(cells)
    workbook.save(tmp_path / "v.xlsx")
    one, _ = read(table(tmp_path, *rows), towns)
    other, ledger = read(tmp_path / "v.xlsx", towns)
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert one.geometry.geom_equals_exact(other.geometry, 1e-6).all()
    assert ledger.sheet == "Sheet"


@pytest.mark.parametrize("datum", ["WGS84", "CGCS2000", "GCJ02", "BD09"])
@pytest.mark.parametrize("by_row", [False, True])
def test_datums(tmp_path: Path, towns: GeoDataFrame, datum: str, by_row: bool) -> None:
    lon, lat = np.array([113.02]), np.array([23.65])
    x, y = transform(lon, lat, WGS84, towns.crs)
    if datum in ("GCJ02", "BD09"):
        lon, lat = wgs84_to_gcj02(lon, lat)
    if datum == "BD09":
        lon, lat = gcj02_to_bd09(lon, lat)
    row = venue(经度=repr(float(lon[0])), 纬度=repr(float(lat[0])))
    if by_row:
        rows = [{**row, "坐标系": datum}, venue(编号="V2", 经度="113.03", 坐标系="wgs-84")]
        venues, ledger = read(table(tmp_path, *rows), towns, datum=None)
        assert "W-DATUM-ROWS" not in warned(ledger)
    else:
        venues, _ = read(table(tmp_path, row), towns, datum=datum)
    assert venues.geometry.iloc[0].distance(shapely.Point(x[0], y[0])) < 1e-3


def test_a_datum_is_required_and_must_not_be_contradicted(
    tmp_path: Path, towns: GeoDataFrame
) -> None:
    path = table(tmp_path, venue())
    assert stopped(path, towns, datum=None) == {"E-DATUM-MISSING"}
    assert stopped(path, towns, datum="EPSG:4547") == {"E-NOT-METRES"}
    assert stopped(path, towns, datum="GPS") == {"E-DATUM"}
    row = venue()
    row["经度（GCJ02）"] = row.pop("经度")
    assert stopped(table(tmp_path, row), towns) == {"E-DATUM-CLASH"}
    named = table(tmp_path, venue(), name="venues_bd09.csv")
    assert stopped(named, towns) == {"E-DATUM-CLASH"}
    _, ledger = read(named, towns, accept_datum=True)
    assert "W-DATUM-CLASH" in warned(ledger)
    _, ledger = read(table(tmp_path, venue(坐标系="百度"), venue(编号="2")), towns)
    assert "W-DATUM-ROWS" in warned(ledger)


def test_exchanged_coordinates(tmp_path: Path, towns: GeoDataFrame) -> None:
    turned = {"经度": "23.65", "纬度": "113.02"}
    rows = [venue(编号=str(i)) for i in range(3)]
    assert stopped(table(tmp_path, *({**row, **turned} for row in rows)), towns) == {"E-SWAPPED"}
    _, ledger = read(table(tmp_path, *rows, venue(编号="x", **turned)), towns)
    assert refused(ledger) == [(5, "Q-SWAPPED")]


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        ("0", "0", "Q-NULL-POINT"),
        ("113.3", "23.65", "Q-FAR"),
        ("-9999", "-9999", "Q-NULL-POINT"),
        ("-99", "-9", "Q-FAR"),
        ("181", "23.6", "Q-DEGREES-RANGE"),
        ("", "23.6", "Q-MISSING"),
        ("113°1′", "23.65", None),
        ("113,02", "23.65", "Q-DEGREES"),
        ("-66.9", "23.65", "Q-FAR"),
        ("113.24", "23.65", None),
    ],
)
def test_places_of_points(
    tmp_path: Path, towns: GeoDataFrame, lon: str, lat: str, expected: str | None
) -> None:
    path = table(tmp_path, venue(), venue(编号="2", 名称="另一处", 经度=lon, 纬度=lat))
    _, ledger = read(path, towns)
    assert {code for _, code in refused(ledger)} == ({expected} if expected else set())
    assert ledger.normalised == ({"经度": 1} if lon.endswith("′") else {})


def test_ids_are_unique_and_the_first_stays(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [venue(编号="1"), venue(编号="2", 名称="乙"), venue(编号="１", 名称="丙")]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues.index.tolist() == ["1", "2"]
    assert refused(ledger) == [(4, "Q-ID-TWICE")]
    assert ledger.faults[0].facts["first"] == 2


def test_every_fault_of_a_row_is_told(tmp_path: Path, towns: GeoDataFrame) -> None:
    bad = venue(编号="1E+05", 名称="", 类型="小卖部", 经度="113.9", 状态="不明", 容量="约200")
    _, ledger = read(table(tmp_path, venue(), bad), towns)
    row = ledger.quarantine.loc[3]
    assert set(row["_code"].split(";")) == {
        "Q-CODE-SPOILT",
        "Q-MISSING",
        "Q-TYPE",
        "Q-FAR",
        "Q-CHOICE",
        "Q-NUMBER",
    }
    assert (row["容量"], row["_row"], row["_file"]) == ("约200", "3", "venues.csv")


def test_no_row_left_stops(tmp_path: Path, towns: GeoDataFrame) -> None:
    assert stopped(table(tmp_path, venue(状态="")), towns) == {"E-NONE-LEFT", "Q-MISSING"}


def test_status_is_required(tmp_path: Path, towns: GeoDataFrame) -> None:
    row = venue()
    del row["状态"]
    assert stopped(table(tmp_path, row), towns) == {"E-HEADER-MISSING"}


STATED = ("W-OPENS-LATER", "W-CLOSED-BEFORE", "W-PLANNED-OPENED")


def test_status_on_the_day(tmp_path: Path, towns: GeoDataFrame) -> None:
    days = [
        ("2026-11-01", "", "在用", "open"),
        ("2026年11月2日", "", "在用", "planned"),
        ("2027年", "", "停用", "closed"),
        ("2020-01-01", "2026-11-01", "在用", "closed"),
        ("2020-01-01", "2026-11-02", "开放", "open"),
        ("", "", "候选", "candidate"),
        ("2026-11-01", "", "拟建", "planned"),
        ("2026-11-02", "", "拟建", "planned"),
    ]
    rows = [
        venue(编号=str(i), 名称=f"第{i}处", 启用日期=opened, 关闭日期=closed, 状态=status)
        for i, (opened, closed, status, _) in enumerate(days)
    ]
    wrong = venue(编号="x", 启用日期="2020-02-01", 关闭日期="2020-01-31")
    venues, ledger = read(table(tmp_path, *rows, wrong), towns)
    assert venues["status"].tolist() == [expected for *_, expected in days]
    told = {fault.code: fault.facts["rows"] for fault in ledger.warnings if fault.code in STATED}
    assert told == dict(zip(STATED, ("3", "5", "8"), strict=True))
    assert refused(ledger) == [(10, "Q-DAYS")]


def test_types() -> None:
    types = venue_types()
    assert venue_type(types, "农村中学科技馆(科学馆)") == "school.rural_museum"
    assert venue_type(types, "科普 e站") == "rural.estation"
    assert venue_type(types, "新时代文明实践中心（所、站）") == "civic.practice"
    assert venue_type(types, "room.community") == "room.community"
    for cell, code in (
        ("农家书屋;创客室", "Q-TYPE-SEVERAL"),
        ("农家书房", "Q-TYPE"),
        ("无", "Q-TYPE"),
    ):
        with pytest.raises(CellError) as error:
            venue_type(types, cell)
        assert error.value.code == code


def test_no_spelling_means_two_types() -> None:
    spellings = [
        lookup_key(word) for kind in venue_types().values() for word in set(kind.spellings)
    ]
    assert len(spellings) == len(set(spellings))


def test_stated_towns(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        venue(编号="1", 所属镇街="凤城街道", 名称="甲"),
        venue(编号="2", 所属镇街="源潭镇", 经度="113.046", 名称="乙"),
        venue(编号="3", 所属镇街="源潭", 经度="113.04", 名称="丙"),
        venue(编号="4", 所属镇街="龙塘镇", 名称="丁"),
        venue(编号="5", 所属镇街="太和镇", 经度="113.15", 名称="戊"),
    ]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues["town"].tolist() == ["441802001", "441802102", "441802102", "", ""]
    assert venues["outside"].tolist() == [False] * 4 + [True]
    facts = {fault.code: fault.facts for fault in ledger.warnings}
    assert facts["W-TOWN"]["count"] == 1
    assert facts["W-TOWN"]["rows"] == "4"
    assert facts["W-TOWN-UNKNOWN"]["rows"] == "5"


def test_twins(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        venue(编号="1", 名称="青龙村农家书屋"),
        venue(编号="2", 名称="青龙村委会农家书屋", 经度="113.0220"),
        venue(编号="3", 名称="青龙村农家书屋", 类型="农村夜校"),
        venue(编号="4", 名称="青龙村农家书屋", 状态="停用"),
        venue(编号="5", 名称="青龙村农家书屋", 经度="113.03"),
        venue(编号="6", 名称="白虎村农家书屋", 经度="113.0302"),
        venue(编号="7", 名称="白虎村农家书屋", 经度="113.0334"),
    ]
    _, ledger = read(table(tmp_path, *rows), towns)
    (twins,) = [fault.facts for fault in ledger.warnings if fault.code == "W-TWINS"]
    assert twins["venues"] == "1 = 2, 5 = 6"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("石角镇文化站", "源潭镇文化站", False),
        ("民平村综合文化服务中心", "民平村综合文化服务站", True),
        ("龙塘镇民平村综合文化服务中心", "民平村综合文化服务站", True),
        ("青龙村农家书屋", "青龙村委会农家书屋", True),
        ("城东第一小学科技馆", "城东第二小学科技馆", False),
        ("文化站", "活动室", False),
        ("科普活动室", "科普活动室", True),
        ("１号农家书屋", "1号书屋", True),
        ("东城街道办事处", "东城街道文化站", True),
        ("头村书屋", "街头村书屋", False),
    ],
)
def test_names_without_generic_words(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same
    assert alike(other, one) is same


def test_many_at_one_point(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [venue(编号=str(i), 类型=kind.key) for i, kind in enumerate(venue_types().values())]
    assert "W-SAME-POINT" in warned(read(table(tmp_path, *rows), towns)[1])
    assert "W-SAME-POINT" not in warned(read(table(tmp_path, *rows[:3]), towns)[1])


def test_capacity_units_from_the_header(tmp_path: Path, towns: GeoDataFrame) -> None:
    headers = {
        "容量（座）": "座", "床位数": "床", "容量": "", "容量（2024年）": "",
        "容量（2024年，座）": "座", "容量（单位：个座位）": "座", "床位数（2024年末）": "床",
    }  # fmt: skip
    for header, unit in headers.items():
        rows = [venue(**{header: "30"}), venue(编号="2", 名称="乙", **{header: "/"})]
        venues, _ = read(table(tmp_path, *rows), towns)
        assert venues["capacity_unit"].tolist() == [unit, ""]
        assert venues["capacity"].iloc[0] == 30
        assert math.isnan(venues["capacity"].iloc[1])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("120", Amount(120.0)),
        ("120座", Amount(120.0, "座")),
        ("1,200 个座位", Amount(1200.0, "座")),
        ("３０张床位", Amount(30.0, "床")),
        ("85.5㎡", Amount(85.5, "平方米")),
        ("85.5 m2", Amount(85.5, "平方米")),
        ("200平米", Amount(200.0, "平方米")),
        ("50人", Amount(50.0, "人")),
        ("3间", Amount(3.0, "间")),
    ],
)
def test_capacities(cell: str, value: Amount) -> None:
    assert amount(cell) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("约200", "Q-NUMBER"),
        ("200多人", "Q-AMOUNT"),
        ("200-300", "Q-NUMBER"),
        ("5万册", "Q-AMOUNT"),
        ("-5", "Q-NUMBER"),
        ("2026-01-02", "Q-DATE-IN-TEXT"),
        ("1月2日", "Q-DATE-IN-TEXT"),
        ("1e3", "Q-AMOUNT"),
        ("#REF!", "Q-CELL-ERROR"),
    ],
)
def test_capacities_that_are_refused(cell: str, expected: str) -> None:
    with pytest.raises(CellError) as error:
        amount(cell)
    assert error.value.code == expected


@given(st.decimals(0, 10**6, places=2), st.sampled_from(["", "座", "㎡", "人"]))
def test_capacities_come_back(size: Decimal, unit: str) -> None:
    for cell in (f"{size}{unit}", f"{size:,} {unit}".strip()):
        assert amount(cell).number == float(size)


def test_units_beside_capacities(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        venue(编号="1", 容量="30座", 容量单位=""),
        venue(编号="2", 名称="乙", 容量="30", 容量单位="座位"),
        venue(编号="3", 名称="丙", 容量="30座", 容量单位="个座位"),
        venue(编号="4", 名称="丁", 容量="30座", 容量单位="㎡"),
    ]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues["capacity_unit"].tolist() == ["座"] * 3
    assert refused(ledger) == [(5, "Q-UNIT-CLASH")]
    assert ledger.normalised["容量"] == 3


@pytest.mark.parametrize(
    ("cell", "keys", "strange"),
    [
        ("青少年", ("youth",), []),
        ("青少年；老年人", ("youth", "elderly"), []),
        ("中小学生、村民", ("youth", "farmers"), []),
        ("领导干部和公务员", ("officials",), []),
        ("老年人和儿童", ("elderly", "youth"), []),
        ("社会公众", ("people",), []),
        ("职工,外星人", ("workers",), ["外星人"]),
        ("游客", (), ["游客"]),
    ],
)
def test_whom_venues_are_for(cell: str, keys: tuple[str, ...], strange: list[str]) -> None:
    assert targets(cell) == (keys, strange)


def test_targets_and_opening_of_the_table(tmp_path: Path, towns: GeoDataFrame) -> None:
    opening = {"开放日": "周一至周五", "开放时间": "9:00-17:00"}
    rows = [
        venue(编号="1", 服务对象="青少年、游客", **opening),
        venue(编号="2", 名称="乙", 服务对象="", 开放日="2026-01-05", 开放时间=""),
    ]
    venues, ledger = read(table(tmp_path, *rows), towns)
    first = venues.loc["1"]
    assert (first["groups"], first["targets"]) == ("青少年、游客", "youth")
    assert (first["days"], first["hours"]) == ("周一至周五", "9:00-17:00")
    assert refused(ledger) == [(3, "Q-DATE-IN-TEXT")]
    assert "W-TARGETS" in warned(ledger)


@pytest.mark.parametrize(
    ("cell", "grade"),
    [("a", "A"), ("测量", "A"), ("门牌", "B"), ("兴趣点", "C"), ("POI", "C"), ("村", "D"),
     ("镇", "E"), ("E级", "E"), ("精确", None)],
)  # fmt: skip
def test_grades_of_points(
    tmp_path: Path, towns: GeoDataFrame, cell: str, grade: str | None
) -> None:
    rows = [venue(编号="0"), venue(编号="1", 名称="乙", 点位精度=cell)]
    venues, ledger = read(table(tmp_path, *rows), towns)
    if grade is None:
        assert refused(ledger) == [(3, "Q-CHOICE")]
    else:
        assert venues["precision"].iloc[1] == grade


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("编号", "2026-01-02", "Q-DATE-IN-TEXT"),
        ("编号", "1-Feb", "Q-DATE-IN-TEXT"),
        ("名称", "2026-01-02", "Q-DATE-IN-TEXT"),
        ("地址", "2026-01-02 00:00:00", "Q-DATE-IN-TEXT"),
        ("所属镇街", "1月2日", "Q-DATE-IN-TEXT"),
        ("启用日期", "45231", "Q-DATE-SERIAL"),
        ("启用日期", "45231.0", "Q-DATE-SERIAL"),
        ("关闭日期", "2026.13.1", "Q-DATE"),
        ("是否对外开放", "也许", "Q-YES-NO"),
        ("类型", "农家书屋、农村夜校", "Q-TYPE-SEVERAL"),
        ("类型", "农家书屋/小卖部", "Q-TYPE-SEVERAL"),
        ("状态", "待定", "Q-CHOICE"),
        ("坐标系", "北京54", "Q-CHOICE"),
        ("经度", "9999", "Q-NULL-POINT"),
        ("纬度", "-9999.0", "Q-NULL-POINT"),
        ("纬度", "99999", "Q-NULL-POINT"),
        ("经度", "113°75′", "Q-DEGREES"),
        ("名称", "x" * 101, "Q-LONG"),
        ("名称", "\u202e倒", "Q-CONTROL"),
    ],
)
def test_cells_that_are_refused(
    tmp_path: Path, towns: GeoDataFrame, column: str, cell: str, expected: str
) -> None:
    rows = [venue(编号="0"), venue(**{"编号": "1", column: cell})]
    _, ledger = read(table(tmp_path, *rows), towns)
    assert (3, expected) in refused(ledger)
    assert {row for row, _ in refused(ledger)} == {3}


def test_several_words_for_one_type() -> None:
    types = venue_types()
    for cell in ("农家书屋（村级）", "农家书屋/书屋", "科普活动室、社区科普活动室", "农家书屋[新]"):
        assert venue_type(types, cell) in ("rural.bookhouse", "room.community")


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        ("113.02", "23.65", {"W-COARSE"}),
        ("113.021", "23.651", {"W-COARSE"}),
        ("113.0", "23.7", {"E-COARSE"}),
        ("113", "23.65", {"W-COARSE"}),
        ("113.0212", "23.6512", set()),
        ("113.02123", "23.65", set()),
        ("113°1′", "23°39′", {"E-COARSE"}),
        ("113°1′12″", "23°39′4″", set()),
        ("113°1.23′", "23°39.12′", set()),
    ],
)
def test_digits_that_are_missing(
    tmp_path: Path, towns: GeoDataFrame, lon: str, lat: str, expected: set[str]
) -> None:
    path = table(tmp_path, venue(经度=lon, 纬度=lat))
    if expected == {"E-COARSE"}:
        assert stopped(path, towns) == expected
    else:
        assert warned(read(path, towns)[1]) == expected


@pytest.mark.parametrize(("digits", "expected"), [(1, {"E-COARSE"}), (3, {"W-COARSE"}), (4, set())])
def test_one_axis_that_is_rounded(
    tmp_path: Path, towns: GeoDataFrame, digits: int, expected: set[str]
) -> None:
    """A column shown with few digits was saved with them; here and there zeros are left out."""
    rows = [
        venue(编号=str(i), 名称=f"{i}号", 经度=f"113.0{i}23456", 纬度=f"{23.651234:.{digits}f}")
        for i in range(1, 5)
    ]
    path = table(tmp_path, *rows)
    if expected == {"E-COARSE"}:
        assert stopped(path, towns) == expected
    else:
        assert warned(read(path, towns)[1]) == expected


def test_few_coarse_points_are_counted(tmp_path: Path, towns: GeoDataFrame) -> None:
    fine = [
        venue(编号=str(i), 名称=f"{i}号", 经度=f"113.0{i}123", 纬度="23.65123") for i in range(3)
    ]
    _, ledger = read(table(tmp_path, *fine, venue(编号="x", 经度="113.0", 纬度="23.7")), towns)
    (fault,) = [fault for fault in ledger.warnings if fault.code == "W-COARSE"]
    assert fault.facts == {"count": 1, "total": 4, "metres": "7872", "rows": "5"}


@pytest.mark.parametrize(
    "notice", ["坐标系：GCJ-02", "说明：坐标取自百度地图", "注：高德坐标，GCJ02"]
)
def test_a_note_that_names_another_datum_stops(
    tmp_path: Path, towns: GeoDataFrame, notice: str
) -> None:
    path = table(tmp_path, venue())
    path.write_text(path.read_text("utf-8-sig") + f"{notice}\n", "utf-8-sig")
    assert stopped(path, towns) == {"E-DATUM-CLASH"}


def test_name_and_code_of_a_town(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [venue(乡镇代码="441802001"), venue(编号="2", 名称="乙", 乡镇代码="999999999")]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues["town"].tolist() == ["441802001", ""]
    assert "W-TOWN-UNKNOWN" in warned(ledger)


@pytest.mark.slow
def test_twenty_thousand_rows_are_read(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        venue(
            编号=f"V{i}", 名称=f"{i}号文化站", 经度=f"113.{i:05d}", 纬度=f"23.6{i * 7 % 9999:04d}"
        )
        for i in range(20_000)
    ]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert ledger.rows_in == 20_000
    assert len(venues) == ledger.ok > 0
    assert ledger.ok + ledger.quarantined == 20_000


def test_not_public(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [venue(是否对外开放="否"), venue(编号="2", 名称="乙", 是否对外开放="")]
    venues, ledger = read(table(tmp_path, *rows), towns)
    assert venues["public"].tolist() == [False, True]
    assert "W-NOT-PUBLIC" in warned(ledger)


def test_total_and_blank_rows(tmp_path: Path, towns: GeoDataFrame) -> None:
    empty = dict.fromkeys(HEADER, "")
    path = table(tmp_path, venue(), empty, {**empty, "编号": "合计", "名称": "1"}, empty)
    _, ledger = read(path, towns)
    assert (ledger.rows_in, ledger.ok, ledger.quarantined, ledger.ignored) == (3, 1, 1, 1)


def test_degrees_are_refused_for_towns(tmp_path: Path, towns: GeoDataFrame) -> None:
    assert stopped(table(tmp_path, venue()), towns.to_crs(4326)) == {"E-CRS-METRIC"}


def test_the_real_list_lacks_what_it_lacks(towns: GeoDataFrame) -> None:
    if not REAL.exists():
        pytest.skip("shared data absent")
    with pytest.raises(LayerError) as error:
        read(REAL, towns)
    missing = {fault.facts["header"] for fault in error.value.faults}
    assert {"编号", "经度", "纬度", "状态"} <= missing
