"""The demand: nobody lost, nobody doubled, each place in exactly one town."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from kepu.geo.crs import WGS84, metric_crs
from kepu.geo.errors import LayerError
from kepu.layers.demand import read_demand
from kepu.layers.ledger import Ledger, limits
from kepu.layers.tables import read_table

HEADER = ("代码", "名称", "所属镇街", "经度", "纬度", "常住人口", "城乡")
VILLAGES = Path(__file__).parents[2] / "shared/data/divisions/villages_441802_nbs2021.csv"
TOTAL = 1_119_901
WEST, EAST = "441802001", "441802102"


@pytest.fixture(scope="module")
def towns(towns: GeoDataFrame) -> GeoDataFrame:
    """The towns in another order than that of their codes."""
    return towns[::-1]


def place(**cells: object) -> dict[str, object]:
    plain = dict(zip(HEADER, ("001", "甲村", "", "113.02", "23.65", "100", "乡村"), strict=True))
    return {**plain, **cells}


def table(folder: Path, *rows: dict[str, object], name: str = "demand.csv") -> Path:
    path = folder / name
    headers = list(dict.fromkeys(header for row in rows for header in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path, towns: GeoDataFrame, **options: Any) -> tuple[GeoDataFrame, Ledger]:
    demand, ledger = read_demand(path, towns=towns, **{"datum": "WGS84", **options})
    assert len(demand) == ledger.ok
    assert int(demand["people"].sum()) == ledger.people_ok
    assert demand["town"].isin(towns.index).all()
    assert all(fault.zh and fault.en for fault in ledger.faults + ledger.warnings)
    ledger.balance()
    return demand, ledger


def stopped(path: Path, towns: GeoDataFrame, **options: Any) -> set[str]:
    with pytest.raises(LayerError) as error:
        read(path, towns, **options)
    assert str(error.value)
    return {fault.code for fault in error.value.faults}


def refused(ledger: Ledger) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.code) for fault in ledger.faults]


def warned(ledger: Ledger) -> dict[str, Any]:
    return {fault.code: fault.facts for fault in ledger.warnings}


def test_schema(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码="441802001001", 老年人口="20", 干部人口="0", 点位精度="A"),
        place(
            代码="002",
            经度="113.07",
            常住人口="1，２00人",
            城乡="121",
            老年人口="200",
            干部人口="3",
        ),
    ]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand.index.tolist() == ["441802001001", "002"]
    assert demand.index.name == "place"
    assert list(demand.columns) == [
        "name",
        "town",
        "rural",
        "people",
        "elderly",
        "officials",
        "precision",
        "datum",
        "geometry",
    ]
    assert demand["people"].tolist() == [100, 1200]
    assert demand["rural"].tolist() == [True, False]
    assert demand["town"].tolist() == [WEST, EAST]
    assert demand["elderly"].tolist() == [20, 200]
    assert {demand[name].dtype.str for name in ("people", "elderly", "officials")} == {"<i8"}
    assert demand["rural"].dtype == bool
    assert demand.crs == towns.crs
    assert ledger.normalised == {"常住人口": 1}
    assert set(warned(ledger)) == {"W-COARSE"}


def test_ten_thousands_in_the_header(tmp_path: Path, towns: GeoDataFrame) -> None:
    row = place()
    row["常住人口（万人）"] = row.pop("常住人口")
    rows = [
        {**row, "常住人口（万人）": "0.2270"},
        {**row, "代码": "2", "常住人口（万人）": "0.00005"},
    ]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand["people"].tolist() == [2270]
    assert refused(ledger) == [(3, "Q-PEOPLE-FRACTION")]
    assert ledger.people_unknown == 1


def test_kinds_of_population(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = table(tmp_path, place(户籍人口="150"))
    assert stopped(path, towns) == {"E-HEADER-SEVERAL"}
    assert read(path, towns, population="resident")[1].people_in == 100
    assert read(path, towns, population="registered")[1].people_in == 150
    only = place()
    assert stopped(table(tmp_path, only), towns, population="registered") == {"E-HEADER-MISSING"}


def test_people_are_conserved(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(常住人口="1"),
        place(代码="002", 常住人口="2", 经度=""),
        place(代码="003", 常住人口="约4"),
        place(代码="001", 常住人口="8"),
        place(代码="005", 常住人口="16", 老年人口="17"),
        place(代码="006", 常住人口="32", 老年人口="0"),
        place(代码="合计", 名称="", 常住人口="63"),
    ]
    rows = [{**row, "老年人口": row.get("老年人口", "0")} for row in rows]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand.index.tolist() == ["001", "006"]
    assert (ledger.people_in, ledger.people_ok, ledger.people_quarantined) == (59, 33, 26)
    assert (ledger.people_unknown, ledger.total_rows, ledger.quarantined) == (1, 1, 5)
    assert refused(ledger) == [
        (8, "Q-TOTAL"),
        (3, "Q-MISSING"),
        (4, "Q-PEOPLE-ABOUT"),
        (5, "Q-ID-TWICE"),
        (6, "Q-GROUP"),
    ]
    assert warned(ledger)["W-TOTAL"]["sum"] == 59
    assert ledger.quarantine["_population"].tolist() == ["2", "", "8", "16", ""]
    with pytest.raises(LayerError):
        limits(ledger, accept=False)
    assert ledger.summary()["people_in"] == 59


def test_totals_that_add_up_say_nothing(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码="1", 常住人口="10"),
        place(代码="2", 名称="乙村", 常住人口="20"),
        place(代码="", 名称="小计", 常住人口="30"),
        place(代码="3", 常住人口="5", 经度="113.07"),
        place(代码="", 名称="小计", 常住人口="5"),
        place(代码="全区", 常住人口="35"),
    ]
    _, ledger = read(table(tmp_path, *rows), towns)
    assert set(warned(ledger)) == {"W-COARSE"}
    assert (ledger.people_in, ledger.total_rows) == (35, 3)
    limits(ledger, accept=False)


def test_nobody_at_all_stops(tmp_path: Path, towns: GeoDataFrame) -> None:
    assert stopped(table(tmp_path, place(常住人口="0")), towns) == {"E-PEOPLE-ZERO"}
    rows = place(常住人口="约5")
    assert stopped(table(tmp_path, rows), towns) == {"E-PEOPLE-ZERO", "Q-PEOPLE-ABOUT"}


def test_stated_towns_count_within_two_kilometres(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码="1", 所属镇街="凤城街道"),
        place(代码="2", 所属镇街="源潭", 经度="113.04"),
        place(代码="3", 所属镇街="441802102", 经度="113.02"),
        place(代码="4", 所属镇街="龙塘镇"),
        place(代码="5", 所属镇街="源潭镇", 经度="113.11"),
        place(代码="6", 经度="113.11"),
        place(代码="7", 经度="114.9"),
        place(代码="8", 所属镇街="源潭镇", 经度="113.13"),
    ]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand["town"].to_dict() == {"1": WEST, "2": EAST, "5": EAST}
    assert sorted(refused(ledger)) == [
        (4, "Q-TOWN-FAR"),
        (5, "Q-TOWN-UNKNOWN"),
        (7, "Q-OUTSIDE"),
        (8, "Q-FAR"),
        (9, "Q-TOWN-FAR"),
    ]
    facts = warned(ledger)["W-TOWN"]
    assert (facts["count"], facts["rows"]) == (2, "3, 6")
    assert float(facts["metres"]) == pytest.approx(1020, abs=5)
    unknown = next(fault for fault in ledger.faults if fault.code == "Q-TOWN-UNKNOWN")
    assert "源潭镇、凤城街道" in unknown.zh


def test_a_place_on_the_border_has_the_lowest_code(tmp_path: Path, towns: GeoDataFrame) -> None:
    demand, _ = read(table(tmp_path, place(经度="113.05", 纬度="23.7")), towns)
    assert demand["town"].tolist() == [WEST]


def test_all_exchanged_stops(tmp_path: Path, towns: GeoDataFrame) -> None:
    path = table(tmp_path, place(经度="23.65", 纬度="113.02"))
    assert stopped(path, towns) == {"E-SWAPPED"}


def test_rural_by_word_by_name_and_by_town(tmp_path: Path, towns: GeoDataFrame) -> None:
    cases = [
        ("甲村", "城镇", "", False),
        ("甲社区", "220", "", True),
        ("高基里社区居委会", "", "", False),
        ("文洞村委会", "", "", True),
        ("文洞村", "-", "", True),
        ("新村社区", "", "源潭镇", False),
        ("飞霞", "", "凤城街道", False),
        ("林场", "", "源潭镇", True),
    ]
    rows = [
        place(代码=str(i), 名称=name, 城乡=word, 所属镇街=town, 经度="113.0495")
        for i, (name, word, town, _) in enumerate(cases)
    ]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand["rural"].tolist() == [expected for *_, expected in cases]
    assert dict(warned(ledger)["W-RURAL"]) == {"by_name": 4, "by_town": 2}


def test_towns_without_places_and_places_with_too_many(tmp_path: Path, towns: GeoDataFrame) -> None:
    _, ledger = read(table(tmp_path, place(常住人口="200001")), towns)
    assert warned(ledger)["W-TOWN-EMPTY"]["names"] == "源潭镇"
    assert warned(ledger)["W-PEOPLE-MANY"]["rows"] == "2"


def test_groups_must_be_filled(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [place(老年人口="5"), place(代码="2", 老年人口=""), place(代码="3", 老年人口="-")]
    _, ledger = read(table(tmp_path, *rows), towns)
    assert refused(ledger) == [(3, "Q-MISSING"), (4, "Q-PEOPLE")]


PLACES = st.fixed_dictionaries(
    {
        "代码": st.integers(1, 40).map(str),
        "名称": st.sampled_from(["甲村", "乙社区", "NA", "合计", ""]),
        "所属镇街": st.sampled_from(["", "源潭镇", "凤城", "龙塘镇"]),
        "经度": st.sampled_from(["113.05", "113.02", "113°3′", "113.2", "0", "x"])
        | st.floats(113, 113.1).map(str),
        "纬度": st.sampled_from(["23.65", "23.6", "113", ""]) | st.floats(23.6, 23.7).map(str),
        "常住人口": st.sampled_from(["-", "约5", "1.5", "", "2万"])
        | st.integers(0, 10**6).map(str),
        "城乡": st.sampled_from(["", "城镇", "220", "?"]),
    }
)


@given(st.lists(PLACES, max_size=15))
def test_whatever_stands_there_nobody_is_lost(
    tmp_path_factory: pytest.TempPathFactory, towns: GeoDataFrame, rows: list[dict[str, str]]
) -> None:
    path = table(tmp_path_factory.mktemp("d"), place(代码="0"), *rows)
    try:
        demand, ledger = read(path, towns)
    except LayerError as error:
        assert {fault.code for fault in error.faults} == {"E-COARSE"}
        return
    assert demand.index.is_unique
    assert ledger.rows_in == len(rows) + 1
    readable = sum(
        20_000 if row["常住人口"] == "2万" else int(row["常住人口"])
        for row in rows
        if row["名称"] != "合计" and (row["常住人口"].isdigit() or row["常住人口"] == "2万")
    )
    assert ledger.people_in == readable + 100
    within = demand.geometry.distance(towns.geometry.loc[demand["town"]], align=False)
    assert (within <= 2000).all()


# Real units, and tables as they are made


@pytest.mark.skipif(not VILLAGES.exists(), reason="shared data absent")
def test_the_real_units_lack_what_they_lack(towns: GeoDataFrame) -> None:
    assert stopped(VILLAGES, towns) == {"E-HEADER-MISSING"}
    with pytest.raises(LayerError) as error:
        read(VILLAGES, towns)
    missing = [fault.facts["header"] for fault in error.value.faults]
    assert missing == ["经度", "纬度", "常住人口"]


@pytest.mark.skipif(not VILLAGES.exists(), reason="shared data absent")
def test_real_units_with_people_and_points(tmp_path: Path) -> None:
    """161 units; the 2 virtual ones are set apart, and the census total is conserved."""
    with VILLAGES.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = sorted({row["town_code"] for row in rows if row["virtual"] == "0"})
    shapes = [box(113 + i * 0.05, 23.6, 113.05 + i * 0.05, 23.7) for i in range(len(codes))]
    names = {row["town_code"]: row["town_name"] for row in rows}
    squares = GeoDataFrame(
        {"name": [names[code] for code in codes], "kind": "rural"},
        geometry=shapes,
        index=codes,
        crs=WGS84,
    )
    real = [row for row in rows if row["virtual"] == "0"]
    share, rest = divmod(TOTAL, len(real))
    for i, row in enumerate(real):
        column = codes.index(row["town_code"])
        row |= {"经度": f"{113.01 + column * 0.05 + i * 1e-5:.5f}", "纬度": "23.65123"}
        row["常住人口"] = str(share + (i < rest))
    path = table(tmp_path, *({"经度": "", "纬度": "", "常住人口": "", **row} for row in rows))
    demand, ledger = read(path, squares.to_crs(metric_crs(113.2, 23.65)))
    assert (ledger.rows_in, ledger.ok, ledger.ignored, len(ledger.apart)) == (163, 161, 2, 2)
    assert ledger.people_in == ledger.people_ok == demand["people"].sum() == TOTAL
    assert demand["rural"].sum() == 71
    assert demand["town"].tolist() == [row["town_code"] for row in real]


@pytest.mark.skipif(not VILLAGES.exists(), reason="shared data absent")
@pytest.mark.parametrize("folder", ["divisions", "population", "poi", "venues"])
def test_real_tables_are_read_as_they_are(folder: str) -> None:
    paths = sorted((VILLAGES.parents[1] / folder).glob("*.csv"))
    assert paths
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            expected = list(csv.reader(file))
        found = read_table(path)
        assert list(found.cells.columns) == expected[0], path.name
        assert found.cells.to_numpy().tolist() == expected[1:], path.name


def test_virtual_units_with_people_are_places(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码="1", virtual="0"),
        place(代码="2", virtual="1", 常住人口="7"),
        place(代码="3", virtual="1", 常住人口="", 经度=""),
        place(代码="4", virtual="是", 常住人口="0", 纬度=""),
        place(代码="5", virtual="?"),
    ]
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert demand.index.tolist() == ["1", "2"]
    assert (ledger.rows_in, ledger.ignored, ledger.apart) == (5, 2, {4: "virtual", 5: "virtual"})
    assert refused(ledger) == [(6, "Q-YES-NO")]


def test_towns_among_their_places_are_totals(tmp_path: Path, towns: GeoDataFrame) -> None:
    """The people of a town must not be counted beside those of its villages."""
    rows = [
        place(代码="441802001", 名称="凤城街道", 常住人口="30", 经度="", 纬度=""),
        place(代码="1", 名称="甲村", 常住人口="10", 所属镇街="凤城街道"),
        place(代码="2", 名称="乙村", 常住人口="20", 所属镇街="凤城街道"),
        place(代码="441802102000", 名称="源潭", 常住人口="5", 经度="113.07"),
        place(代码="3", 名称="丙村", 常住人口="5", 经度="113.07"),
    ]
    _, ledger = read(table(tmp_path, *rows), towns)
    assert [row for row, code in refused(ledger) if code == "Q-TOTAL"] == [2, 5]
    assert (ledger.people_in, ledger.total_rows) == (35, 2)
    assert "W-TOTAL" not in warned(ledger)


def test_a_total_by_another_name(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [place(代码=str(i), 名称=f"{i}村", 常住人口=str(i)) for i in range(1, 12)]
    path = table(tmp_path, *rows, place(代码="x", 名称="测试区", 常住人口="66"))
    _, ledger = read(path, towns)
    assert (refused(ledger), ledger.people_in) == ([(13, "Q-TOTAL")], 66)


def test_a_table_of_towns_alone_is_one_of_places(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码=WEST, 名称="凤城街道", 常住人口="30"),
        place(代码=EAST, 名称="源潭镇", 常住人口="5", 经度="113.07"),
    ]
    assert read(table(tmp_path, *rows), towns)[1].people_ok == 35


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"代码": "441802000000"}, "Q-CODE-SPOILT"),
        ({"代码": "4.41802E+11"}, "Q-CODE-SPOILT"),
        ({"代码": "2026-01-02"}, "Q-DATE-IN-TEXT"),
        ({"名称": "1月2日"}, "Q-DATE-IN-TEXT"),
        ({"常住人口": "2026-01-02"}, "Q-DATE-IN-TEXT"),
        ({"常住人口": "五百"}, "Q-PEOPLE"),
        ({"常住人口": "100户"}, "Q-PEOPLE"),
        ({"所属镇街": "飛來峽鎮"}, "Q-TOWN-UNKNOWN"),
        ({"所属镇街": "源潭镇", "乡镇代码": WEST}, "Q-TOWN-CLASH"),
        ({"乡镇代码": "441802999"}, "Q-TOWN-UNKNOWN"),
        ({"城乡": "郊区"}, "Q-CHOICE"),
        ({"点位精度": "好"}, "Q-CHOICE"),
        ({"名称": "合计"}, "Q-TOTAL"),
        ({"名称": "凤城街道小计"}, "Q-TOTAL"),
    ],
)
def test_places_that_are_refused(
    tmp_path: Path, towns: GeoDataFrame, cells: dict[str, str], expected: str
) -> None:
    rows = [place(代码="0"), place(**{"代码": "1", **cells})]
    _, ledger = read(table(tmp_path, *rows), towns)
    assert (3, expected) in refused(ledger)
    assert {row for row, _ in refused(ledger)} == {3}


@pytest.mark.parametrize(
    ("line", "header", "expected"),
    [
        ("单位：万人", "常住人口", {"E-UNIT-LINE"}),
        ("2020年 单位: 千人", "常住人口", {"E-UNIT-LINE"}),
        ("单位：万人", "常住人口（人）", set()),
        ("单位：人", "常住人口", set()),
        ("单位：万人", "常住人口（万人）", set()),
    ],
)
def test_units_in_titles_and_notes(
    tmp_path: Path, towns: GeoDataFrame, line: str, header: str, expected: set[str]
) -> None:
    row = place(常住人口="10000")
    row[header] = row.pop("常住人口")
    plain = table(tmp_path, row).read_text("utf-8-sig")
    for text in (f"{line}\n{plain}", f"{plain}{line}\n"):
        (tmp_path / "demand.csv").write_text(text, "utf-8-sig")
        if expected:
            assert stopped(tmp_path / "demand.csv", towns) == expected
        else:
            read(tmp_path / "demand.csv", towns)


def test_editions_of_codes_and_towns(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [
        place(代码="441802006001"),
        place(代码="441802006002"),
        place(代码="441802001001", 所属镇街="龙塘镇"),
    ]
    _, ledger = read(table(tmp_path, *rows), towns)
    facts = warned(ledger)
    assert facts["W-PLACE-CODES"]["count"] == 2
    assert facts["W-PLACE-CODES"]["pairs"] == "441802006 = 441802001 凤城街道"
    assert facts["W-TOWN-SETS"] == {"unknown": "龙塘镇", "missing": "源潭镇"}


def test_stated_headers(tmp_path: Path, towns: GeoDataFrame) -> None:
    rows = [place(人数="7")]
    path = table(tmp_path, *rows)
    assert read(path, towns, columns={"people": "人数"})[1].people_in == 7
    assert read(path, towns)[1].people_in == 100
    assert stopped(path, towns, columns={"people": "人口数"}) == {"E-COLUMN-HEADER"}


def test_places_of_one_name_in_one_town_are_told(tmp_path: Path, towns: GeoDataFrame) -> None:
    """Entered twice with another code: the people of the second would count again."""
    rows = [
        place(代码="001"), place(代码="002", 名称="乙村", 常住人口="30"),
        place(代码="003", 常住人口="70", 经度="113.021"), place(代码="004", 常住人口="5"),
    ]  # fmt: skip
    demand, ledger = read(table(tmp_path, *rows), towns)
    assert len(demand) == 4
    facts = warned(ledger)["W-PLACE-TWICE"]
    assert (facts["count"], facts["people"]) == (1, 75)
    assert facts["names"].endswith("甲村（2、4、5）")
    _, ledger = read(table(tmp_path, *rows[:2]), towns)
    assert "W-PLACE-TWICE" not in warned(ledger)
