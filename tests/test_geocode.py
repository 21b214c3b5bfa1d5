"""Addresses without a network: the right place, all of several, or none; never a wrong one."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import box

from kepu.geo.crs import WGS84, metric_crs
from kepu.geo.errors import Fault, messages
from kepu.layers.address_table import candidate_facts, locate_addresses
from kepu.layers.addresses import TRADITIONAL, districts, normalise, town_spellings
from kepu.layers.geocode import Gazetteer

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "data" / "boundaries"
DISTRICT = "广东省清远市清城区"
CRS = metric_crs(113.05, 23.65)


def made_demand(rows: list[tuple[str, str, float, float]]) -> GeoDataFrame:
    return GeoDataFrame(
        {"name": [row[0] for row in rows], "town": [row[1] for row in rows]},
        geometry=[shapely.Point(row[2], row[3]) for row in rows],
        index=[f"P{i}" for i in range(len(rows))],
        crs=WGS84,
    ).to_crs(CRS)


@pytest.fixture(scope="module")
def towns() -> GeoDataFrame:
    """Two squares of 10 km side by side, 凤城街道 west of 113.1 E and 源潭镇 east of it."""
    return GeoDataFrame(
        {"name": ["凤城街道", "源潭镇"]},
        geometry=[box(113.0, 23.6, 113.1, 23.7), box(113.1, 23.6, 113.2, 23.7)],
        index=pd.Index(["441802006", "441802103"], name="town"),
        crs=WGS84,
    ).to_crs(CRS)


FENGCHENG, YUANTAN = "441802006", "441802103"
PLACES = [
    ("青龙村委会", YUANTAN, 113.15, 23.65), ("大塘村委会", YUANTAN, 113.12, 23.62),
    ("大塘社区居委会", FENGCHENG, 113.02, 23.62), ("沙田社区居委会", FENGCHENG, 113.03, 23.65),
    ("升平居委会", YUANTAN, 113.13, 23.67), ("升平村委会", YUANTAN, 113.14, 23.68),
    ("𡐓坑村委会", YUANTAN, 113.16, 23.68), ("湴冲村委会", YUANTAN, 113.17, 23.62),
    ("南村村委会", YUANTAN, 113.18, 23.63), ("新塘村委会", YUANTAN, 113.11, 23.66),
    ("新塘村委会", FENGCHENG, 113.05, 23.66),
]  # fmt: skip
NAMES = pd.DataFrame(
    [
        ("青龙小学", 113.151, 23.651, "amenity:school"),
        ("青龙小学", 113.1512, 23.6511, "building:school"),
        ("源潭镇文化站", 113.145, 23.645, "amenity:community_centre"),
        ("石榴幼儿园", 113.15, 23.62, "amenity:kindergarten"),
        ("石榴幼儿园", 113.19, 23.69, "amenity:kindergarten"),
        ("卫生站", 113.16, 23.66, "amenity:clinic"),
        ("云顶广场", 113.1005, 23.65, "shop:mall"),
        ("远方书店", 113.5, 23.9, "shop:books"),
        ("人民路12号", 113.04, 23.64, "address"),
        ("人民路12号", 113.18, 23.66, "address"),
        ("青龙路3号", 113.155, 23.655, "address"),
        ("岭背", 113.149, 23.661, "place:hamlet"),
        ("青龙", 113.19, 23.61, "place:hamlet"),
        ("源潭", 113.15, 23.64, "place:town"),
    ],
    columns=["name", "lon", "lat", "kind"],
)


@pytest.fixture(scope="module")
def gazetteer(towns: GeoDataFrame) -> Gazetteer:
    return Gazetteer(towns, made_demand(PLACES), NAMES, district=DISTRICT)


ANSWERS = [
    ("清城区源潭镇青龙村委会", "青龙村委会", "D", 113.15),
    ("清城区源潭镇青龙村委会青龙小学旁 12号", "青龙小学", "C", 113.151),
    ("广东省清远市清城区源潭镇青龙村", "青龙村委会", "D", 113.15),
    ("清远清城源潭镇青龙村民委员会", "青龙村委会", "D", 113.15),
    ("源潭镇（青龙村）", "青龙村委会", "D", 113.15),
    ("　源潭镇　青龙村委会１２号　", "青龙村委会", "D", 113.15),
    ("源潭鎮青龍村", "青龙村委会", "D", 113.15),
    ("源潭乡青龙社区", "青龙村委会", "D", 113.15),
    ("源潭青龙村", "青龙村委会", "D", 113.15),
    ("青龙村", "青龙村委会", "D", 113.15),
    ("源潭镇大塘", "大塘村委会", "D", 113.12),
    ("凤城街道办事处大塘居委会", "大塘社区居委会", "D", 113.02),
    ("凤城街大塘社区", "大塘社区居委会", "D", 113.02),
    ("源潭镇升平村", "升平村委会", "D", 113.14),
    ("源潭镇升平社区", "升平居委会", "D", 113.13),
    ("源潭镇𡐓坑村", "𡐓坑村委会", "D", 113.16),
    ("源潭镇湴冲村委会", "湴冲村委会", "D", 113.17),
    ("源潭镇南村", "南村村委会", "D", 113.18),
    ("源潭镇南村委会", "南村村委会", "D", 113.18),
    ("源潭镇南村村民委员会", "南村村委会", "D", 113.18),
    ("源潭镇文化站", "源潭镇文化站", "C", 113.145),
    ("源潭镇文化站二楼201室", "源潭镇文化站", "C", 113.145),
    ("源潭镇人民路12号", "人民路12号", "B", 113.18),
    ("凤城街道人民路12号2栋", "人民路12号", "B", 113.04),
    ("源潭镇青龙村青龙路3号", "青龙路3号", "B", 113.155),
    ("源潭镇青龙村委会岭背村", "岭背", "D", 113.149),
    ("源潭镇岭背", "岭背", "D", 113.149),
    ("源潭镇建设路9号（青龙村委会旁）", "青龙村委会", "D", 113.15),
    ("源潭镇青龙村卫生站", "青龙村委会", "D", 113.15),
    ("源潭镇青龙村石榴幼儿园", "石榴幼儿园", "C", 113.15),
    ("凤城街道云顶广场", "云顶广场", "C", 113.1005),
    ("源潭镇", "源潭镇", "E", None),
    ("源潭镇人民政府", "源潭镇", "E", None),
]  # fmt: skip


@pytest.mark.parametrize(("address", "name", "grade", "lon"), ANSWERS)
def test_answers(
    gazetteer: Gazetteer, address: str, name: str, grade: str, lon: float | None
) -> None:
    (found,) = gazetteer.find(address)
    assert (found.name, found.grade) == (name, grade)
    assert lon is None or found.lon == pytest.approx(lon, abs=1e-9)
    assert 0 < found.score <= 1
    assert found.rule.count(" / ") == 1


NONE = [
    "源潭镇不存在村", "青龙小学分校", "源潭镇青龙第二小学", "清新区青龙村", "清新区太和镇青龙村",
    "英德市青龙镇", "凤城街道青龙村", "凤城街道沙田新村", "源潭镇沙田社区", "源潭镇卫生站",
    "远方书店", "人民路", "12号", "新人民路12号", "源潭镇新人民路12号", "？？", "", "源潭镇青龙镇",
    "源潭镇小青龙村", "凤城街道青龙小学",
]  # fmt: skip


@pytest.mark.parametrize("address", NONE)
def test_no_answer(gazetteer: Gazetteer, address: str) -> None:
    assert gazetteer.find(address) == ()


SEVERAL = [
    ("新塘村委会", {YUANTAN, FENGCHENG}), ("清城区新塘村", {YUANTAN, FENGCHENG}),
    ("大塘村", {YUANTAN, FENGCHENG}), ("大塘", {YUANTAN, FENGCHENG}),
    ("源潭镇升平", {YUANTAN}), ("人民路12号", {YUANTAN, FENGCHENG}), ("石榴幼儿园", {YUANTAN}),
]  # fmt: skip


@pytest.mark.parametrize(("address", "codes"), SEVERAL)
def test_ambiguous(gazetteer: Gazetteer, address: str, codes: set[str]) -> None:
    found = gazetteer.find(address)
    assert len(found) == 2
    assert {candidate.town for candidate in found} == codes


def test_the_stated_town_decides(gazetteer: Gazetteer) -> None:
    for town in ("源潭镇", "源潭", YUANTAN, f"{YUANTAN}000", "清城区源潭镇"):
        (found,) = gazetteer.find("新塘村", town=town)
        assert found.town == YUANTAN
    assert gazetteer.find("青龙村", town="凤城街道") == ()
    assert gazetteer.find("源潭镇青龙村", town="凤城街道") == ()
    assert gazetteer.find("青龙村", town="太和镇") == ()


def test_the_margin_of_a_town(gazetteer: Gazetteer) -> None:
    """云顶广场 lies 51 m inside 源潭镇 and counts for both; 500 m is the end of it."""
    assert {len(gazetteer.find("云顶广场", town=town)) for town in ("凤城街道", "源潭镇")} == {1}
    assert gazetteer.find("石榴幼儿园", town="凤城街道") == ()


def test_the_name_of_the_venue_is_more_precise(gazetteer: Gazetteer) -> None:
    (found,) = gazetteer.find("源潭镇青龙村", name="青龙小学")
    assert (found.name, found.grade) == ("青龙小学", "C")
    (found,) = gazetteer.find("源潭镇大塘村", name="云顶广场")
    assert found.name == "云顶广场"
    (found,) = gazetteer.find("源潭镇南村", name="云顶广场")
    assert found.name == "南村村委会", "8 km away is another place of that name"


def test_misspelt_names_are_hints_only(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("凤城街道砂田村") == ()
    assert gazetteer.similar("凤城街道砂田村")[0].name == "沙田社区居委会"
    assert all(found.score < 1 for found in gazetteer.similar("凤城街道砂田村"))
    elsewhere = gazetteer.similar("青龙村", town="凤城街道")[0]
    assert (elsewhere.name, elsewhere.town) == ("青龙村委会", YUANTAN)
    assert gazetteer.similar("", town="") == ()


def test_locate(gazetteer: Gazetteer) -> None:
    rows = pd.DataFrame(
        {
            "address": ["源潭镇青龙村", None, "源潭镇升平", "凤城街道砂田村", "源潭镇", " ，"],
            "town": ["", "源潭镇", None, "", "", ""],
            "name": ["甲", "青龙小学", "乙", "丙", "丁", "戊"],
        },
        index=[3, 5, 7, 11, 13, 17],
    )
    found = locate_addresses(rows, gazetteer)
    assert list(found.columns) == ["lon", "lat", "grade", "candidates", "code"]
    assert found.index.tolist() == rows.index.tolist()
    assert found["code"].tolist() == [
        "", "Q-ADDRESS-EMPTY", "Q-ADDRESS-AMBIGUOUS", "Q-ADDRESS-UNKNOWN", "Q-ADDRESS-COARSE",
        "Q-ADDRESS-EMPTY",
    ]  # fmt: skip
    assert found["lon"].notna().tolist() == [True] + [False] * 5
    assert found["grade"].tolist() == ["D", "", "", "", "", ""]
    assert found.at[3, "candidates"] == "青龙村委会(源潭镇 113.150000,23.650000 D)"
    assert found.at[5, "candidates"] == "青龙小学(源潭镇 113.151000,23.651000 C)"
    assert found.at[7, "candidates"].count("；") == 1
    assert "沙田社区居委会(凤城街道 " in found.at[11, "candidates"]
    coarse = locate_addresses(rows, gazetteer, worst="E")
    assert (coarse.at[13, "code"], coarse.at[13, "grade"]) == ("", "E")


def test_only_addresses(gazetteer: Gazetteer) -> None:
    found = locate_addresses(pd.DataFrame({"address": ["源潭镇青龙村"]}), gazetteer)
    assert found["code"].tolist() == [""]
    assert len(locate_addresses(pd.DataFrame({"address": []}), gazetteer)) == 0


def test_messages_show_three_candidates(gazetteer: Gazetteer) -> None:
    found = locate_addresses(pd.DataFrame({"address": ["新塘村", "不存在"]}), gazetteer)
    for code, candidates in zip(found["code"], found["candidates"], strict=True):
        fault = Fault(code, facts=candidate_facts(candidates))
        assert fault.zh
        assert fault.en
    fault = Fault("Q-ADDRESS-AMBIGUOUS", facts=candidate_facts(found["candidates"][0]))
    assert "新塘村委会(凤城街道 113.050000,23.660000 D)" in fault.zh
    assert "新塘村委会(源潭镇 113.110000,23.660000 D)" in fault.zh
    assert {"Q-ADDRESS-EMPTY", "Q-ADDRESS-COARSE"} <= set(messages())


# The illustrative district


@pytest.fixture(scope="module")
def district() -> tuple[Gazetteer, list[dict[str, str]]]:
    outlines = gpd.read_file(STUDY / "towns.geojson").set_index("code").to_crs(CRS)
    with (STUDY / "demand.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = {name: code for code, name in outlines["name"].items()}
    places = [
        (row["名称"], codes[row["所属镇街"]], float(row["经度"]), float(row["纬度"]))
        for row in rows
    ]
    return Gazetteer(outlines, made_demand(places), district=DISTRICT), rows


def test_every_place_of_the_district(district: tuple[Gazetteer, list[dict[str, str]]]) -> None:
    gazetteer, rows = district
    assert len(rows) == 161
    for row in rows:
        for address in (
            f"清城区{row['所属镇街']}{row['名称']}",
            f"广东省清远市清城区{row['所属镇街']}{row['名称']}88号",
            f"{row['名称']}",
        ):
            (found,) = gazetteer.find(address)
            assert found.name == row["名称"]
            assert found.lon == pytest.approx(float(row["经度"]), abs=1e-9)
            assert found.lat == pytest.approx(float(row["纬度"]), abs=1e-9)


def test_venues_of_the_district_by_their_address(
    district: tuple[Gazetteer, list[dict[str, str]]],
) -> None:
    gazetteer, _ = district
    venues = pd.read_csv(STUDY / "venues.csv", encoding="utf-8-sig", dtype=str)
    rows = venues.rename(columns={"地址": "address", "所属镇街": "town", "名称": "name"})
    found = locate_addresses(rows, gazetteer)
    outside = rows["address"].str.match("清城区.*(镇|街道)$|(?!清城区)")
    assert (found["code"] == "").equals(~outside)
    assert set(found.loc[outside, "code"]) == {"Q-ADDRESS-COARSE", "Q-ADDRESS-UNKNOWN"}


SPELLINGS = st.sampled_from(["{}", " {} ", "{}12号", "{}（一楼）", "{},12号", "{}旁"])
CHAINS = st.sampled_from(
    ["", "清城区", "清远市清城区", "广东省清远市清城区", "中国广东省清远市", "清远"]
)


@given(place=st.integers(0, 160), spelling=SPELLINGS, chain=CHAINS, wide=st.booleans())
def test_any_place_is_found(
    district: tuple[Gazetteer, list[dict[str, str]]],
    place: int, spelling: str, chain: str, wide: bool,
) -> None:  # fmt: skip
    gazetteer, rows = district
    row = rows[place]
    address = spelling.format(f"{chain.removeprefix('中国')}{row['所属镇街']}{row['名称']}")
    if wide:
        address = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c > " " else c for c in address)
    (found,) = gazetteer.find(address, town=row["所属镇街"])
    assert found.name == row["名称"]


WORDS = "清城区 源潭镇 凤城街道 青龙村委会 青龙小学 青龙 社区 12号 旁 路".split()


@given(
    st.one_of(
        st.text(alphabet="清城区源潭镇青龙村委会社居12号街道旁小学 ()-路", max_size=40),
        st.lists(st.sampled_from(WORDS), max_size=6).map("".join),
    )
)
@example("1" * 200 + "x")
@example("青龙小学" + "1-" * 100 + "x")
@example("中小学" * 60)
def test_any_text_is_read_or_not(gazetteer: Gazetteer, address: str) -> None:
    for found in gazetteer.find(address):
        assert found.town in (YUANTAN, FENGCHENG)
    gazetteer.similar(address)


# Words


def test_normalise() -> None:
    assert normalise(" 飛來峽鎮　１２號 ") == "飞来峡镇12号"
    assert normalise("源潭镇，青龙村（3—5号）") == "源潭镇 青龙村 3-5号"
    assert normalise("\u200b青龙\ufeff村") == "青龙村"
    assert normalise("𡐓坑") == "𡐓坑"
    assert normalise("埗") == "埗"
    assert not set(map(chr, TRADITIONAL)) & set(map(chr, TRADITIONAL.values())) - {"潭", "群"}


@given(st.text(max_size=60))
def test_white_space_goes_and_punctuation_parts(text: str) -> None:
    plain = normalise(text)
    assert plain == " ".join(plain.split())
    assert not set(plain) & set("，。、（）()\u3000\t\n")


def test_districts() -> None:
    assert districts("清远市清城区科普设施覆盖分析（示意）") == {1: "清远市", 2: "清城区"}
    assert districts("科普设施") == {}


def test_town_spellings() -> None:
    found = town_spellings({"1": "洲心街道", "2": "石角镇", "3": "石角街道"})
    assert found["洲心镇"] == "1"
    assert found["洲心街道办事处"] == "1"
    assert (found["石角镇"], found["石角街道"]) == ("2", "3")
    assert "石角乡" not in found
