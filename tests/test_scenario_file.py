"""What a scenario may say; everything else is refused by name, never a crash and never inf."""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.crs import wgs84_to_gcj02
from kepu.geo.errors import CrsError, KepuError, StudyError
from kepu.scenario_file import (
    checked,
    read_scenario,
    read_scenarios,
    require_own_names,
    scenario_text,
)
from kepu.scenario_keys import DOING, CloseRoads
from kepu.scenario_options import FORMS, from_options
from kepu.scenario_roads import area_of
from kepu.toml_file import MOST_BYTES

POINT = {"lon": 113.05, "lat": 23.68}
LINE = [[113.05, 23.68], [113.06, 23.69]]
PLAIN: dict[str, dict[str, Any]] = {
    "open_venue": {"venue": ["V1"]},
    "close_venue": {"venue": ["V1"]},
    "add_venue": {
        "id": "N", "name": "新", "type": "room.community", **POINT, "capacity": 5.0,
        "capacity_unit": "座", "days": "每天", "hours": "全天", "datum": "GCJ02",
        "serves": ["youth"],
    },
    "move_venue": {"venue": "V1", **POINT, "datum": "GCJ02"},
    "upgrade_venue": {"venue": "V1", "type": "room.community", "capacity": 5.0,
                      "capacity_unit": "座", "keep": False, "serves": []},
    "change_capacity": {"venue": "V1", "capacity": 5.0, "capacity_unit": "座"},
    "change_hours": {"venue": "V1", "days": "每天", "hours": "全天"},
    "add_people": {"id": "N", "name": "新", **POINT, "people": 9, "groups": {"youth": 3},
                   "rural": True, "datum": "BD09"},
    "close_roads": {"way": 5, "datum": "WGS84", "accept_datum": True, "bridges": False,
                    "modes": ["walk"]},
    "add_road": {"line": LINE, "highway": "tertiary", "name": "路", "oneway": True, "bridge": True,
                 "limit_kmh": 40.0, "datum": "GCJ02", "join_metres": 9.0},
    "change_speed": {"mode": "car", "highway": "tertiary", "kmh": 30.0},
}  # fmt: skip
"""An edit of each kind that says all it can."""


def said(do: str, **other: Any) -> dict[str, Any]:
    return {"name": "x", "edits": [{"do": do, **PLAIN[do], **other}]}


def refusal(content: dict[str, Any]) -> StudyError:
    """Check some content, which must be refused in a few printable words of both languages."""
    with pytest.raises(StudyError) as error:
        checked(content, "情景.toml")
    for fault in error.value.faults:
        for text in (fault.zh, fault.en):
            assert text.isprintable()
            assert len(text) < 1000
    return error.value


def test_every_kind_of_edit_is_tried_with_every_key():
    assert set(PLAIN) == set(DOING)
    for do, kind in DOING.items():
        missing = set(kind.model_fields) - set(PLAIN[do]) - {"do"}
        assert missing == ({"name", "area", "area_file"} if do == "close_roads" else set())
        scenario = checked(said(do), "f")
        assert checked({"name": "x", "edits": [scenario.edits[0].model_dump()]}, "f") == scenario


HUGE = 10**400
NUMBERS = [
    (do, key) for do, edit in PLAIN.items() for key, value in edit.items()
    if isinstance(value, int | float) and not isinstance(value, bool)
]  # fmt: skip
TEXTS = [(do, key) for do, edit in PLAIN.items() for key, value in edit.items()
         if isinstance(value, str)]  # fmt: skip
TEXTS += [("close_roads", "area_file"), ("close_roads", "name")]


@pytest.mark.parametrize(("do", "key"), NUMBERS)
def test_numbers_that_no_planner_means_are_refused(do, key):
    wrong: list[Any] = [math.inf, -math.inf, math.nan, HUGE, "5", True, [5], None, 1e300]
    wrong += [] if key in ("lon", "lat") else [-1, -5.0]
    wrong = [w for w in wrong if not (w is None and PLAIN[do].get(key) and key in OPTIONAL)]
    for value in wrong:
        refusal(said(do, **{key: value}))


OPTIONAL = ("capacity", "limit_kmh", "way")


@pytest.mark.parametrize(("do", "key"), TEXTS)
def test_texts_that_no_planner_means_are_refused(do, key):
    other = {"way": None} if do == "close_roads" and key != "datum" else {}
    wrong = ["a\0b", "\x1b[31m红", "a\nb", "a\x9fb", "\u202e反", "x" * 10_000, "\udc80", 5, ["a"]]
    for value in wrong:
        refusal(said(do, **other, **{key: value}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"name": "x", "edits": ["x"]}, "[[edits]]"),
        ({"name": "x", "edits": [1]}, "[[edits]]"),
        ({"name": "x", "edits": [["do"]]}, "[[edits]]"),
        ({"name": "x", "edits": {"do": "x"}}, "列“edits”"),
        ({"name": "x", "edits": "x"}, "列“edits”"),
        ({"name": "x", "edits": [{"do": ["x"]}]}, "没有这种改动"),
        ({"name": "x", "edits": [{"do": "x" * 100_000}]}, "没有这种改动"),
        ({"name": "x", "edits": [{}]}, "没有这种改动"),
        ({"name": "x", "edits": [{"do": "open_venue", "venue": ["V"], "x" * 9999: 1}]}, "这个键"),
        ({"name": "x", "edits": [{"do": "open_venue", "venue": []}]}, "至少要有 1 项"),
        ({"name": "x", "edits": [{"do": "open_venue", "venue": ["V"] * 5001}]}, "最多 5000 项"),
        ({"name": "x", "edits": [{"do": "open_venue", "venue": "V"}]}, "须为列表"),
        (
            {"name": "x", "edits": [{"do": "change_hours", "venue": "V"}]},
            "须至少写一种：days, hours",
        ),
        ({"name": "x", "edits": [{"do": "close_roads"}]}, "须写明且只写一种：way, name, area"),
        ({"name": "", "edits": []}, "不能为空"),
        ({"name": "一\n二"}, "不能含控制字符"),
        ({"name": "字" * 81}, "最多 80 个字"),
        ({"name": "x", "note": "字" * 10_001}, "最多 10000 个字"),
        ({"name": "x", "resnap": 1}, "true 或 false"),
        (said("add_road", line=[[math.nan, 2.0], [1.0, math.inf]]), "不能是 inf 或 nan"),
        (said("add_road", line=[[181.0, 2.0], [1.0, 3.0]]), "须不大于 180"),
        (said("add_road", line=[[1.0, 2.0], [1.0, -90.5]]), "须不小于 -90"),
        (said("add_road", line=[[1.0, 2.0]]), "至少要有 2 项"),
        (said("add_road", line=[[1.0, 2.0], [3.0]]), "缺少必需的键"),
        (said("add_road", line=[[1.0, 2.0], [3.0, 4.0, 5.0]]), "最多 2 项"),
        (said("close_roads", way=None, area=[[1.0, 2.0], [3.0, 4.0]]), "至少要有 3 项"),
        (said("close_roads", way=0), "须不小于 1"),
        (said("close_roads", way=2**63), "须不大于"),
        (said("close_roads", modes=["fly"]), "只能是"),
        (said("change_speed", kmh=0.5), "须不小于 1"),
        (said("change_speed", kmh=131.0), "须不大于 130"),
        (said("add_people", people=0), "须大于 0"),
        (said("add_people", people=10_000_001), "须不大于"),
        (said("add_people", people=3.0), "须为整数"),
        (said("change_capacity", capacity=math.inf), "不能是 inf 或 nan"),
    ],
)
def test_what_no_scenario_may_say_is_told_in_chinese(content, words):
    assert words in refusal(content).faults[0].zh


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.sampled_from([*DOING, "V1", 10**30]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["do", "venue", "line", "area", "groups", "people", "lon", "way"]), inner
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["name", "edits", "note", "resnap", "x"]), JUNK))
def test_any_content_is_a_scenario_or_refused(content):
    try:
        found = checked(content, "f")
    except StudyError as error:
        assert all(fault.zh and fault.en for fault in error.faults)
    else:
        assert found.name


HOSTILE = {
    "a number without end": "x = " + "9" * 5000,
    "a number without end, of sixteen digits": "name = 0x" + "f" * 9000,
    "it in a list": "edits = [{ do = [1, [0x" + "f" * 9000 + "]] }]",
    "lists without end": "x = " + "[" * 5000,
    "tables without end": "a." * 5000 + "b = 1",
    "no TOML": "name = ",
    "a date": "edits = 1979-05-27",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(HOSTILE[name], "utf-8")
    with pytest.raises(StudyError) as error:
        read_scenario(path)
    assert all(len(fault.zh) < 1000 for fault in error.value.faults)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"name = '\xff\xfe'")
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    for path, code in (
        (broken, "E-TOML-ENCODING"), (huge, "E-FILE-BIG"), (tmp_path, "E-STUDY-FOLDER"),
        (tmp_path / "none.toml", "E-FILE-MISSING"), (Path("a\0b"), "E-STUDY-TOML"),
        (tmp_path / ("长" * 300), "E-STUDY-TOML"),
    ):  # fmt: skip
        if code == "E-STUDY-TOML" and sys.platform == "win32":
            continue
        with pytest.raises(StudyError) as error:
            read_scenario(path)
        assert error.value.faults[0].code == code, path


def test_a_file_without_a_name_bears_that_of_the_file(tmp_path):
    (tmp_path / "汛期.toml").write_text("\ufeffedits = []", "utf-8")
    found = read_scenario(tmp_path / "汛期.toml")
    assert found.name == "汛期"
    assert found.edits == ()
    assert not found.resnap


def test_scenarios_bear_names_of_their_own(tmp_path):
    paths = [tmp_path / f"{n}.toml" for n in range(3)]
    for path, name in zip(paths, "甲乙甲", strict=True):
        path.write_text(f"name = '{name}'", "utf-8")
    assert [each.name for each in read_scenarios(paths[:2])] == ["甲", "乙"]
    for chosen, taken in ((paths, ()), (paths[:1], ("甲",))):
        with pytest.raises(StudyError) as error:
            read_scenarios(chosen, taken=taken)
        assert [(f.code, f.value) for f in error.value.faults] == [("E-SCENARIO-TWICE", "甲")]
    require_own_names([], taken=("现状",))


def test_every_form_that_is_shown_can_be_typed():
    for option, form in FORMS.items():
        assert from_options([(option, form)], name="x").edits


@pytest.mark.parametrize("option", FORMS)
def test_what_is_typed_wrongly_is_refused(option):
    wrong = ["", " ", "=", "@", ",", "V1=", "=5", "V1=inf=", "a@1", "a@1,2,3", "a@x,y", "a@nan,inf"]
    wrong += ["a@" + "9" * 5000 + ",1", "car.a=nan", "car.a=1e999", "\0", "a\0=1", "a\0@1,2;3,4"]
    for text in wrong:
        if option in ("close-road", "close-area") and text in ("=", "@", ",", "V1=", "=5"):
            continue  # a road may be called so
        try:
            found = from_options([(option, text)], name="x")
        except StudyError as error:
            assert all(fault.zh.isprintable() and fault.en for fault in error.faults)
        else:
            assert option in ("open", "close", "close-road", "close-area", "upgrade", "days",
                              "hours"), (option, text, found)  # fmt: skip
            assert "\0" not in text


def test_the_order_the_datum_and_the_numbers_of_what_is_typed():
    found = from_options(
        [("add", "a@1,2"), ("close", "V1, V2"), ("add", "b@3,4"), ("add-road", "c@1,2;3,4"),
         ("close-road", "12"), ("close-road", "12路"), ("close-area", "a.geojson"),
         ("add-people", "7@1,2"), ("move", "V3@1,2")],
        name="x", datum="GCJ02",
    ).edits  # fmt: skip
    assert [edit.do for edit in found] == [
        "add_venue", "close_venue", "add_venue", "add_road", "close_roads", "close_roads",
        "close_roads", "add_people", "move_venue",
    ]  # fmt: skip
    told = [edit.model_dump() for edit in found]
    assert (told[0]["id"], told[2]["id"]) == ("NEW1", "NEW2")
    assert told[1]["venue"] == ("V1", "V2")
    assert (told[4]["way"], told[5]["name"]) == (12, "12路")
    assert told[6]["area_file"] == str(Path("a.geojson").absolute())
    assert (told[7]["people"], told[7]["lon"], told[7]["lat"]) == (7, 1.0, 2.0)
    assert [told[n]["datum"] for n in (0, 2, 3, 6, 7, 8)] == ["GCJ02"] * 6
    untold = from_options([("add", "a@1,2"), ("close-area", "a.geojson")], name="x").edits
    assert [edit.model_dump()["datum"] for edit in untold] == ["WGS84", None]


def test_whatever_a_file_may_say_can_be_typed_too():
    found = from_options(
        [
            ("close-area", "我的 范围.geojson bridges=false modes=car,ebike datum=BD09"),
            ("add", "a@1,2 name=新城 活动室 id=N capacity=60 hours=全天 serves=elderly，youth"),
            ("upgrade", "V1=b keep=否"),
            ("add-people", "7@1,2 elderly=3 youth=2 rural=true"),
            ("add-road", "c@1,2;3,4 join_metres=100 bridge=true"),
            ("capacity", "V1=6 capacity_unit=座"),
            ("hours", "V1=9:00-12:00 days=周六"),
        ],
        name="x", datum="GCJ02",
    ).edits  # fmt: skip
    told = [edit.model_dump(exclude_defaults=True) for edit in found]
    assert Path(told[0].pop("area_file")).name == "我的 范围.geojson"
    assert told == [
        {"do": "close_roads", "bridges": False, "modes": ("car", "ebike"), "datum": "BD09"},
        {"do": "add_venue", "id": "N", "name": "新城 活动室", "type": "a", "lon": 1.0, "lat": 2.0,
         "datum": "GCJ02", "capacity": 60.0, "hours": "全天",
         "serves": ("elderly", "youth")},
        {"do": "upgrade_venue", "venue": "V1", "type": "b", "keep": False},
        {"do": "add_people", "id": "NEW1", "lon": 1.0, "lat": 2.0, "datum": "GCJ02", "people": 7,
         "groups": {"elderly": 3, "youth": 2}, "rural": True},
        {"do": "add_road", "line": ((1.0, 2.0), (3.0, 4.0)), "highway": "c", "bridge": True,
         "datum": "GCJ02", "join_metres": 100.0},
        {"do": "change_capacity", "venue": "V1", "capacity": 6.0, "capacity_unit": "座"},
        {"do": "change_hours", "venue": "V1", "days": "周六", "hours": "9:00-12:00"},
    ]  # fmt: skip


def test_signs_of_a_chinese_keyboard_are_understood():
    typed = [
        ("open", "V1，V2、V3"),
        ("add", "a＠1，2"),
        ("add-road", "c@1，2；3，4"),
        ("capacity", "V1＝6"),
    ]
    plain = [
        ("open", "V1,V2,V3"),
        ("add", "a@1,2"),
        ("add-road", "c@1,2;3,4"),
        ("capacity", "V1=6"),
    ]
    assert from_options(typed, name="x") == from_options(plain, name="x")
    (road,) = from_options([("close-road", " 甲、乙路 ")], name="x").edits
    assert road.model_dump()["name"] == "甲、乙路"


def test_all_that_is_typed_wrongly_is_told_at_once():
    with pytest.raises(StudyError) as error:
        from_options([("add", "x"), ("open", "V1"), ("capacity", "y")], name="x")
    assert [fault.column for fault in error.value.faults] == ["--add", "--capacity"]
    assert "V001=60" in error.value.faults[1].zh


@pytest.mark.parametrize("do", PLAIN)
def test_what_is_written_is_read_back(do, tmp_path):
    found = checked(said(do) | {"note": "一\n二\x7f\"'\\", "resnap": True}, "f")
    path = tmp_path / "a.toml"
    path.write_text(scenario_text(found), "utf-8")
    assert read_scenario(path) == found
    assert len(scenario_text(checked({"name": "x"}, "f")).splitlines()) == 2


# Areas


WEST, SOUTH, EAST, NORTH = 113.0, 23.6, 113.1, 23.7
BOX = shapely.box(WEST, SOUTH, EAST, NORTH)


def closed(path: Path, datum: str | None = None) -> CloseRoads:
    return CloseRoads(do="close_roads", area_file=str(path), datum=datum)


def layer(shapes: list[Any], crs: Any = 4326) -> GeoDataFrame:
    return GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=crs)


def test_an_area_is_the_same_in_any_file_and_datum(tmp_path):
    plain = layer([BOX, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
    polygons = plain.iloc[:1]
    gcj = polygons.copy()
    gcj["geometry"] = shapely.transform(
        np.array([BOX]), lambda at: np.column_stack(wgs84_to_gcj02(at[:, 0], at[:, 1]))
    )
    files = {
        "a.geojson": (plain, None, None), "metres.gpkg": (polygons.to_crs(4547), None, None),
        "mars.geojson": (gcj, None, "GCJ02"), "folder.shp": (polygons.to_crs(4547), None, None),
        "degrees.gpkg": (polygons, None, "WGS84"),
    }  # fmt: skip
    for name, (frame, _, datum) in files.items():
        path = tmp_path / name
        frame.to_file(path)
        found = area_of(closed(path, datum))
        assert found.symmetric_difference(BOX).area < 1e-9 * BOX.area + 2e-8, name
    shape = shapely.to_geojson(BOX)
    for text in (shape, f'{{"type":"Feature","properties":null,"geometry":{shape}}}'):
        (tmp_path / "lone.json").write_text(text, "utf-8")
        assert area_of(closed(tmp_path / "lone.json")).equals(BOX)
    (tmp_path / "folder.prj").unlink()
    for datum in (None, "WGS84"):
        with pytest.raises(KepuError, match="E-NOT-DEGREES"):
            area_of(closed(tmp_path / "folder.shp", datum))
    corners = tuple((float(x), float(y)) for x, y in BOX.exterior.coords)
    drawn = CloseRoads(do="close_roads", area=corners)
    assert area_of(drawn).equals(BOX)
    shifted = area_of(drawn.model_copy(update={"datum": "GCJ02"}))
    assert 0 < shifted.centroid.distance(BOX.centroid) < 0.01


WRONG_AREAS = {
    "swapped": ([shapely.box(SOUTH, WEST, NORTH, EAST)], "E-SWAPPED"),
    "metres": ([shapely.box(5e5, 2.6e6, 5.1e5, 2.7e6)], "E-NOT-DEGREES"),
    "points": ([shapely.Point(113, 23)], "E-EDIT-AREA"),
    "crossed": ([shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], "E-EDIT-AREA"),
    "one crossed of two": ([BOX, shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], "E-EDIT-AREA"),
    "flat": ([shapely.Polygon([(0, 0), (1, 1), (0, 0)])], "E-EDIT-AREA"),
    "empty": ([shapely.Polygon()], "E-EDIT-AREA"),
}


@pytest.mark.parametrize("name", WRONG_AREAS)
def test_an_area_that_is_none_is_refused(name, tmp_path):
    shapes, code = WRONG_AREAS[name]
    features = [f'{{"type":"Feature","properties":{{}},"geometry":{shapely.to_geojson(s)}}}'
                for s in shapes]  # fmt: skip
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', "utf-8")
    with pytest.raises(KepuError, match=code):
        area_of(closed(path))


def test_a_file_that_holds_no_area_is_refused(tmp_path):
    whole = tmp_path / "a.geojson"
    layer([BOX]).to_file(whole)
    nan = tmp_path / "nan.geojson"
    nan.write_text(whole.read_text("utf-8").replace("23.6", "NaN"), "utf-8")
    cut = tmp_path / "cut.geojson"
    cut.write_bytes(whole.read_bytes()[:-20])
    other = tmp_path / "a.txt"
    shutil.copy(whole, other)
    named = tmp_path / "淹没_gcj02.geojson"
    shutil.copy(whole, named)
    for path, code in (
        (nan, "E-EDIT-AREA|E-GEOJSON"), (cut, "E-GEOJSON"), (other, "E-FORMAT"),
        (named, "E-DATUM-CLASH"), (tmp_path / "none.geojson", "E-FILE-MISSING"),
        (tmp_path / ("长" * 200 + ".geojson"), "E-FILE"),
    ):  # fmt: skip
        with pytest.raises(KepuError, match=code):
            area_of(closed(path))
    with pytest.raises(CrsError, match="E-DATUM"):
        area_of(closed(whole, "MARS"))
    sure = CloseRoads(do="close_roads", area_file=str(named), datum="WGS84", accept_datum=True)
    assert area_of(sure).equals(area_of(closed(whole)))
