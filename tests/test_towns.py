"""The towns: the right datum, whole outlines, and each point in exactly one of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame, GeoSeries
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box, mapping

from kepu.geo.crs import WGS84, gcj02_to_bd09, transform, wgs84_to_gcj02
from kepu.geo.errors import LayerError
from kepu.layers.datums import check_datum, datum_named
from kepu.layers.lookup import town_at, town_named, town_names
from kepu.layers.towns import read_towns

BOUNDARIES = Path(__file__).parents[2] / "shared" / "data" / "boundaries"
DATAV = BOUNDARIES / "qingcheng_441802_datav_gcj02.geojson"
BAIDU = BOUNDARIES / "qingcheng_441802_baidu_bd09.geojson"
DERIVED = BOUNDARIES / "derived" / "qingcheng_441802_wgs84.geojson"

WEST, SOUTH, STEP = 113.0, 23.6, 0.05


def square(column: int, row: int, step: float = STEP) -> Polygon:
    return box(
        WEST + column * step,
        SOUTH + row * step,
        WEST + (column + 1) * step,
        SOUTH + (row + 1) * step,
    )


TOWNS: list[tuple[str, str, Any]] = [
    ("441802001", "凤城街道", square(0, 0)),
    ("441802102", "源潭镇", square(1, 0)),
    ("441802103", "石角镇", square(0, 1)),
    ("441802104", "飞来峡镇", square(1, 1)),
]


def collection(features: list[tuple[str, str, Any]], **members: object) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        **members,
        "features": [
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": None if shape is None else mapping(shape),
            }
            for code, name, shape in features
        ],
    }


def saved(folder: Path, document: dict[str, Any], name: str = "towns.geojson") -> Path:
    path = folder / name
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def towns_file(
    folder: Path, features: list[tuple[str, str, Any]] = TOWNS, **members: object
) -> Path:
    return saved(folder, collection(features, **members))


def stopped(path: Path, datum: str | None = "WGS84", **options: Any) -> set[str]:
    with pytest.raises(LayerError) as error:
        read_towns(path, datum=datum, year=options.pop("year", 2021), **options)
    assert all(fault.zh and fault.en for fault in error.value.faults)
    return {fault.code for fault in error.value.faults}


def test_schema(tmp_path: Path) -> None:
    features = [*TOWNS[::-1][:3], ("441802001000", "凤城街道", square(0, 0))]
    towns, warnings = read_towns(towns_file(tmp_path, features), datum="WGS84", year=2021)
    assert towns.index.tolist() == ["441802001", "441802102", "441802103", "441802104"]
    assert towns.index.name == "town"
    assert list(towns.columns) == ["name", "kind", "geometry"]
    assert towns["kind"].tolist() == ["urban", "rural", "rural", "rural"]
    assert [fault.code for fault in warnings] == ["W-TOWN-KIND"]
    assert towns.crs.to_epsg() == 4547
    assert towns.area.sum() == pytest.approx(
        0.1 * 0.1 * 111_320**2 * np.cos(np.radians(23.65)), rel=0.01
    )


def test_stated_kinds_and_other_headers(tmp_path: Path) -> None:
    document = collection(TOWNS)
    for feature in document["features"]:
        old = feature["properties"]
        feature["properties"] = {
            "乡镇代码": int(old["code"]),
            "乡镇名称": old["name"],
            "城乡": "城镇",
            "edition_year": 2021,
            "extra": None,
        }
    towns, warnings = read_towns(saved(tmp_path, document), datum="CGCS2000", year=None)
    assert set(towns["kind"]) == {"urban"}
    assert towns.index[0] == "441802001"
    assert warnings == []
    assert stopped(saved(tmp_path, document), year=2020) == {"E-YEAR"}


def test_edition_year_missing(tmp_path: Path) -> None:
    _, warnings = read_towns(towns_file(tmp_path), datum="WGS84", year=None)
    assert "W-YEAR-MISSING" in {fault.code for fault in warnings}


# Datum


def shifted(datum: str) -> list[tuple[str, str, Any]]:
    def shift(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        x, y = wgs84_to_gcj02(*xy.T)
        return np.column_stack((x, y) if datum == "GCJ02" else gcj02_to_bd09(x, y))

    fine = [(code, name, shapely.segmentize(shape, 0.0005)) for code, name, shape in TOWNS]
    return [(code, name, shapely.transform(shape, shift)) for code, name, shape in fine]


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
def test_shifted_datums_are_unshifted_at_every_vertex(tmp_path: Path, datum: str) -> None:
    expected, _ = read_towns(towns_file(tmp_path), datum="WGS84", year=2021)
    towns, _ = read_towns(towns_file(tmp_path, shifted(datum)), datum=datum, year=2021)
    assert towns.crs == expected.crs
    for ours, theirs in zip(towns.geometry, expected.geometry, strict=True):
        assert shapely.hausdorff_distance(ours, theirs) < 0.1


def test_geojson_needs_a_declared_datum(tmp_path: Path) -> None:
    assert stopped(towns_file(tmp_path), None) == {"E-DATUM-MISSING"}
    assert stopped(towns_file(tmp_path), "WGS72") == {"E-DATUM"}


@pytest.mark.parametrize(
    "members",
    [
        {"crs_note": "GCJ-02 (not WGS84)"},
        {"datum": "BD09"},
        {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}},
    ],
)
def test_what_the_file_says_must_not_contradict(tmp_path: Path, members: dict[str, Any]) -> None:
    path = towns_file(tmp_path, **members)
    assert stopped(path, "WGS84") == {"E-DATUM-CLASH"}
    _, warnings = read_towns(path, datum="WGS84", year=2021, accept_datum=True)
    assert "W-DATUM-CLASH" in {fault.code for fault in warnings}


def test_crs84_contradicts_a_shifted_datum(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path = towns_file(tmp_path, crs=crs)
    assert stopped(path, "GCJ02") == {"E-DATUM-CLASH"}
    assert stopped(path, None) == {"E-DATUM-MISSING"}
    read_towns(path, datum="CGCS2000", year=2021)


@pytest.mark.parametrize("name", ["towns_gcj02.geojson", "a_bd09.geojson", "百度.geojson"])
def test_what_the_file_name_says_must_not_contradict(tmp_path: Path, name: str) -> None:
    assert stopped(saved(tmp_path, collection(TOWNS), name), "WGS84") == {"E-DATUM-CLASH"}


def test_datums_named_in_texts() -> None:
    assert datum_named("BD-09 (not WGS84)") == "BD09"
    assert datum_named("WGS84, converted") == "WGS84"
    assert datum_named("qingcheng_wgs84.geojson") == "WGS84"
    assert datum_named("gcj02_to_wgs84.geojson") is None
    assert datum_named("经度(GCJ02)") == "GCJ02"
    assert datum_named("国家2000坐标") == "CGCS2000"
    assert datum_named("abd09x towns") is None
    assert check_datum("CGCS2000", {"name": "x_wgs84.csv"}, "x") == []


def test_metres_may_be_declared(tmp_path: Path) -> None:
    expected, _ = read_towns(towns_file(tmp_path), datum="WGS84", year=2021)

    def planar(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(transform(*xy.T, WGS84, expected.crs))

    features = [
        (c, n, shapely.transform(shapely.segmentize(s, 0.001), planar)) for c, n, s in TOWNS
    ]
    path = towns_file(tmp_path, features)
    towns, _ = read_towns(path, datum=f"EPSG:{expected.crs.to_epsg()}", year=2021)
    assert shapely.hausdorff_distance(towns.union_all(), expected.union_all()) < 0.1
    assert stopped(path, "WGS84") == {"E-NOT-DEGREES"}


@pytest.mark.parametrize("corner", [(113.0, 23.6), (85.0, 43.0)])
def test_exchanged_axes_stop_in_east_and_west(tmp_path: Path, corner: tuple[float, float]) -> None:
    def exchanged(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return (xy - (WEST, SOUTH) + corner)[:, ::-1]

    features = [(code, name, shapely.transform(shape, exchanged)) for code, name, shape in TOWNS]
    assert stopped(towns_file(tmp_path, features)) == {"E-SWAPPED"}


def test_places_outside_china_are_read(tmp_path: Path) -> None:
    features = [
        (c, n, shapely.transform(s, lambda xy: xy - (113.0, 23.6) + (-46.7, -23.6)))
        for c, n, s in TOWNS
    ]
    towns, _ = read_towns(towns_file(tmp_path, features), datum="WGS84", year=2021)
    assert towns.crs.to_epsg() == 32723


# Outlines


def test_rows_that_are_no_towns_stop_together(tmp_path: Path) -> None:
    features = [
        ("441802001", "凤城街道", None),
        ("44180210", "源潭镇", square(1, 0)),
        ("441802103", "", Point(113, 23)),
        ("441802104", "农场", Polygon()),
        ("441802104", "飞来峡镇", square(1, 1)),
    ]
    found = stopped(towns_file(tmp_path, features))
    assert found == {
        "E-TOWN-ROWS",
        "Q-OUTLINE",
        "Q-TOWN-CODE",
        "Q-MISSING",
        "Q-TOWN-KIND",
        "Q-TOWN-TWICE",
    }


def test_a_bow_tie_stops_and_a_spike_is_mended(tmp_path: Path) -> None:
    w, s, d = WEST, SOUTH, STEP
    bow = Polygon([(w, s), (w + d, s + d), (w + d, s), (w, s + d)])
    assert "Q-OUTLINE-INVALID" in stopped(towns_file(tmp_path, [("441802001", "凤城街道", bow)]))
    spike = Polygon(
        [(w, s), (w + d, s), (w + d, s + d), (w + d, s + 2 * d), (w + d, s + d), (w, s + d)]
    )
    towns, warnings = read_towns(
        towns_file(tmp_path, [("441802001", "凤城街道", spike)]), datum="WGS84", year=2021
    )
    assert "W-OUTLINE-REPAIRED" in {fault.code for fault in warnings}
    assert towns.is_valid.all()


def test_a_hole_that_is_one_point_is_mended_and_a_town_that_is_one_is_refused(
    tmp_path: Path,
) -> None:
    """Such a ring, left over from drawing, ended the program with an error of GEOS."""
    outline = square(0, 0)
    dot = [(WEST + STEP / 2, SOUTH + STEP / 2)] * 4
    holed = towns_file(
        tmp_path, [("441802001", "凤城街道", Polygon(outline.exterior, [dot])), *TOWNS[1:]]
    )
    towns, warnings = read_towns(holed, datum="WGS84", year=2021)
    assert "W-OUTLINE-REPAIRED" in {fault.code for fault in warnings}
    assert not any(part.interiors for part in shapely.get_parts(towns.geometry.iloc[0]))
    lost = towns_file(tmp_path, [("441802001", "凤城街道", Polygon(dot)), *TOWNS[1:]])
    assert "Q-OUTLINE-INVALID" in stopped(lost)


@pytest.mark.parametrize(("shrink", "found"), [(0.0, None), (2e-6, "W-"), (0.001, "E-")])
@pytest.mark.parametrize("kind", ["GAP", "OVERLAP"])
def test_gaps_and_overlaps(tmp_path: Path, shrink: float, found: str | None, kind: str) -> None:
    side = shrink if kind == "GAP" else -shrink
    west, south, east, north = square(1, 1).bounds
    features = [*TOWNS[:3], (*TOWNS[3][:2], box(west + side, south, east, north))]
    # A frame around them makes the slit a hole.
    around = box(WEST - 0.01, SOUTH - 0.01, WEST + 0.11, SOUTH + 0.11) - box(
        WEST, SOUTH, WEST + 0.1, SOUTH + 0.1
    )
    path = towns_file(tmp_path, [*features, ("441802105", "源头镇", around)])
    if found == "E-":
        assert stopped(path) == {f"E-{kind}"}
        return
    _, warnings = read_towns(path, datum="WGS84", year=2021)
    expected = {"W-TOWN-KIND"} | ({f"{found}{kind}"} if found else set())
    assert {fault.code for fault in warnings} == expected


def test_a_slit_that_opens_outwards_is_a_gap(tmp_path: Path) -> None:
    west, south, east, north = square(1, 0).bounds
    features = [TOWNS[0], (*TOWNS[1][:2], box(west + 5e-5, south, east, north))]
    _, warnings = read_towns(towns_file(tmp_path, features), datum="WGS84", year=2021)
    assert "W-GAP" in {fault.code for fault in warnings}


# Files


def test_cut_geojson_stops(tmp_path: Path) -> None:
    whole = towns_file(tmp_path).read_bytes()
    for at in range(1, len(whole) - 1, 97):
        (tmp_path / "cut.geojson").write_bytes(whole[:at])
        assert stopped(tmp_path / "cut.geojson") <= {"E-GEOJSON", "E-CUT"}


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        "null",
        '{"features": [1]}',
        '{"features": [{"geometry": {"type": "Polygon"}}]}',
        '{"features": [{"geometry": {"type": "Polygon", "coordinates": [[[1]]]}}]}',
        "[" * 100_000,
    ],
)
def test_json_that_is_no_geojson_stops(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.geojson"
    path.write_text(content, "utf-8")
    assert stopped(path) == {"E-GEOJSON"}


def test_no_features_no_file_no_format(tmp_path: Path) -> None:
    assert stopped(towns_file(tmp_path, [])) == {"E-EMPTY"}
    assert stopped(tmp_path / "no.geojson") == {"E-FILE-MISSING"}
    assert stopped(tmp_path / "no.kml") == {"E-FORMAT"}


def layer(crs: object = 4326) -> GeoDataFrame:
    codes, names, shapes = zip(*TOWNS, strict=True)
    return GeoDataFrame({"code": codes, "name": names}, geometry=list(shapes), crs=crs)


def test_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "towns.gpkg"
    layer(4490).to_file(path, layer="一")
    expected, _ = read_towns(towns_file(tmp_path), datum="WGS84", year=2021)
    towns, _ = read_towns(path, datum=None, year=2021)
    assert towns["name"].tolist() == expected["name"].tolist()
    assert shapely.hausdorff_distance(towns.union_all(), expected.union_all()) < 0.01
    _, warnings = read_towns(path, datum="GCJ02", year=2021)
    assert "W-DATUM-LABEL" in {fault.code for fault in warnings}
    assert stopped(path, "EPSG:4547") == {"E-DATUM-CLASH"}
    layer().to_file(path, layer="二")
    assert stopped(path, None) == {"E-SHEET"}


def test_damaged_geopackage_stops(tmp_path: Path) -> None:
    path = tmp_path / "towns.gpkg"
    layer().to_file(path)
    whole = path.read_bytes()
    for at in (50, len(whole) // 2, len(whole) - 5000):
        path.write_bytes(whole[:at])
        assert stopped(path, None) == {"E-DAMAGED"}
    path.write_bytes(b"not a database at all" * 100)
    assert stopped(path, None) == {"E-DAMAGED"}


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    layer().to_file(tmp_path / "towns.shp", encoding="utf-8")
    return tmp_path / "towns.shp"


def test_shapefile(shapefile: Path) -> None:
    towns, _ = read_towns(shapefile, datum=None, year=2021)
    assert towns["name"].tolist() == [name for _, name, _ in TOWNS]


def test_shapefile_without_prj_needs_a_datum(shapefile: Path) -> None:
    shapefile.with_suffix(".prj").unlink()
    assert stopped(shapefile, None) == {"E-DATUM-MISSING"}
    read_towns(shapefile, datum="WGS84", year=2021)


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_shapefile_without_a_part_stops(shapefile: Path, part: str) -> None:
    shapefile.with_suffix(part).unlink()
    assert stopped(shapefile, None) == {"E-SHP-PART"}


@pytest.mark.parametrize("part", [".shp", ".dbf", ".shx"])
def test_cut_shapefile_stops(shapefile: Path, part: str) -> None:
    path = shapefile.with_suffix(part)
    whole = path.read_bytes()
    for share in (0.0, 0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert stopped(shapefile, None) == {"E-SHP-CUT"}


# Editions, enclaves, zones


def warned(path: Path, **options: Any) -> dict[str, Any]:
    _, warnings = read_towns(path, **{"datum": "WGS84", "year": 2021, **options})
    assert all(fault.zh and fault.en for fault in warnings)
    return {fault.code: fault.facts for fault in warnings}


@pytest.mark.parametrize(
    ("year", "table_year", "expected"),
    [
        (2021, 2021, False),
        (2021, 2020, False),
        (2022, 2020, True),
        (2021, None, False),
        (None, 2020, False),
    ],
)
def test_the_edition_and_the_year_of_the_table(
    tmp_path: Path, year: int | None, table_year: int | None, expected: bool
) -> None:
    found = warned(towns_file(tmp_path), year=year, table_year=table_year)
    assert ("W-EDITION" in found) is expected
    assert ("W-YEAR-MISSING" in found) is (year is None)


def test_an_enclave_may_be_real(tmp_path: Path) -> None:
    inner = box(WEST + 0.01, SOUTH + 0.01, WEST + 0.02, SOUTH + 0.02)
    features = [(*TOWNS[0][:2], TOWNS[0][2].difference(inner)), *TOWNS[1:]]
    path = towns_file(tmp_path, features)
    assert stopped(path) == {"E-GAP"}
    assert "W-GAP-ACCEPTED" in warned(path, accept_gaps=True)
    wide = box(WEST, SOUTH, WEST + STEP * 1.2, SOUTH + STEP)
    over = towns_file(tmp_path, [(*TOWNS[0][:2], wide), *TOWNS[1:]])
    assert stopped(over, accept_gaps=True) == {"E-OVERLAP"}


def test_tiny_parts_are_told(tmp_path: Path) -> None:
    speck = box(WEST - 0.001, SOUTH - 0.001, WEST - 0.0009, SOUTH - 0.0009)
    island = box(WEST - 0.02, SOUTH - 0.02, WEST - 0.01, SOUTH - 0.01)
    shape = shapely.MultiPolygon([TOWNS[0][2], speck, island])
    found = warned(towns_file(tmp_path, [(*TOWNS[0][:2], shape), *TOWNS[1:]]))
    assert (found["W-SLIVER"]["name"], found["W-SLIVER"]["count"]) == ("凤城街道", 1)


def in_metres(number: int, east: float = 0.0, turned: bool = False) -> GeoDataFrame:
    frame, shift = layer().to_crs(number), np.array([east, 0.0])
    moved = shapely.transform(
        np.asarray(frame.geometry, object),
        lambda xy: (xy + shift)[:, ::-1] if turned else xy + shift,
    )
    return frame.set_geometry(list(moved), crs=number)


@pytest.mark.parametrize(
    ("frame", "expected", "likely"),
    [
        (lambda: in_metres(4547), None, None),
        (lambda: in_metres(4526), None, None),
        (lambda: in_metres(4547, 38e6), "E-ZONE", "EPSG:4526"),
        (lambda: in_metres(4526, -38e6), "E-ZONE", "EPSG:4547"),
        (lambda: in_metres(4502 + 6, 19e6), "E-ZONE", "EPSG:4497"),
        (lambda: in_metres(4526, turned=True), "E-PLANE-AXES", None),
        (lambda: in_metres(4547, turned=True), "E-PLANE-AXES", None),
        (lambda: in_metres(3857), None, None),
        (lambda: layer().set_crs(4547, allow_override=True), "E-NOT-METRES", None),
        (lambda: layer().set_crs(2383, allow_override=True), "E-CRS-SHIFT", None),
    ],
)
def test_zones_of_outlines(
    tmp_path: Path, frame: Callable[[], GeoDataFrame], expected: str | None, likely: str | None
) -> None:
    frame().to_file(tmp_path / "t.gpkg")
    if expected is None:
        read_towns(tmp_path / "t.gpkg", datum=None, year=2021)
        return
    with pytest.raises(LayerError) as error:
        read_towns(tmp_path / "t.gpkg", datum=None, year=2021)
    (fault,) = error.value.faults
    assert (fault.code, fault.facts.get("likely")) == (expected, likely)


def test_zipped_outlines(shapefile: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for part in shapefile.parent.glob("towns.*"):
            archive.write(part, f"边界/{part.name}")
    towns, _ = read_towns(tmp_path / "t.zip", datum=None, year=2021)
    assert towns["name"].tolist() == [name for _, name, _ in TOWNS]


# Looking towns up


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> GeoDataFrame:
    return read_towns(towns_file(tmp_path_factory.mktemp("t")), datum="WGS84", year=2021)[0]


def metric(towns: GeoDataFrame, lon: list[float], lat: list[float]) -> GeoSeries:
    x, y = transform(np.array(lon), np.array(lat), WGS84, towns.crs)
    return GeoSeries(shapely.points(x, y), crs=towns.crs)


@given(st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)), min_size=1, max_size=20))
def test_every_point_is_in_exactly_one_town(
    towns: GeoDataFrame, offsets: list[tuple[float, float]]
) -> None:
    lon, lat = [WEST + x for x, _ in offsets], [SOUTH + y for _, y in offsets]
    found = town_at(metric(towns, lon, lat), towns)
    for (x, y), town in zip(offsets, found, strict=True):
        if min(abs(x - STEP), abs(y - STEP)) > 1e-6:
            assert town == TOWNS[(x > STEP) + 2 * (y > STEP)][0]
        else:
            assert town in towns.index


def test_borders_and_corners_belong_to_the_lowest_code(towns: GeoDataFrame) -> None:
    edge = [WEST + STEP, WEST + STEP / 3, WEST + STEP, WEST + 0.09, WEST]
    north = [SOUTH + STEP / 3, SOUTH + STEP, SOUTH + STEP, SOUTH + STEP, SOUTH]
    found = town_at(metric(towns, edge, north), towns)
    assert found == ["441802001", "441802001", "441802001", "441802102", "441802001"]
    assert town_at(metric(towns, [WEST - 0.001], [SOUTH]), towns) == [None]


def test_names_of_towns(towns: GeoDataFrame) -> None:
    names = town_names(towns)
    for stated in (
        "441802102",
        "441802102000",
        "源潭镇",
        " 源 潭 镇",
        "源潭",
        "源潭镇人民政府",
        "清远市清城区源潭镇",
        "源潭镇政府",
    ):
        assert town_named(stated, names) == "441802102"
    for stated in ("凤城街道办事处", "凤城街道办"):
        assert town_named(stated, names) == "441802001"
    for stated in ("龙塘镇", "", "镇", "政府", "办", "新源潭镇", "441802199"):
        assert town_named(stated, names) is None


# The real outlines


def real(path: Path) -> Path:
    if not path.exists():
        pytest.skip("shared data absent")
    return path


def corners_apart(one: GeoDataFrame, other: GeoDataFrame) -> float:
    return float(np.abs(one.total_bounds - other.to_crs(one.crs).total_bounds).max())


def border_apart(one: GeoDataFrame, other: GeoDataFrame) -> float:
    points = shapely.points(shapely.get_coordinates(one.geometry.array))
    return float(np.median(shapely.distance(points, other.to_crs(one.crs).union_all().boundary)))


def test_real_outlines_in_three_datums_agree(tmp_path: Path) -> None:
    document = json.loads(real(DERIVED).read_text("utf-8"))
    outlines = {}
    for path, datum in ((DATAV, "GCJ02"), (BAIDU, "BD09")):
        outlines[datum], warnings = read_towns(real(path), datum=datum, year=2022)
        assert "W-COUNTY-CODE" in {fault.code for fault in warnings}
    for feature in document["features"]:
        one = saved(tmp_path, {**document, "features": [feature]}, "derived_wgs84.geojson")
        true, _ = read_towns(one, datum="WGS84", year=2022)
        datum = "GCJ02" if "datav" in feature["properties"]["from"] else "BD09"
        assert corners_apart(true, outlines[datum]) < 1
        assert border_apart(true, outlines[datum]) < 1
    assert border_apart(outlines["GCJ02"], outlines["BD09"]) < 200
    assert border_apart(outlines["BD09"], outlines["GCJ02"]) < 200


@pytest.mark.parametrize("declared", ["WGS84", "CGCS2000", "BD09"])
def test_datav_declared_as_something_else_stops(tmp_path: Path, declared: str) -> None:
    assert stopped(real(DATAV), declared) == {"E-DATUM-CLASH"}
    document = json.loads(DATAV.read_text("utf-8"))
    del document["crs_note"]
    path = saved(tmp_path, document, "quiet.geojson")
    assert stopped(path, declared) == {"E-DATUM-CLASH"}
    _, warnings = read_towns(path, datum=declared, year=2022, accept_datum=True)
    assert "W-DATUM-CLASH" in {fault.code for fault in warnings}


def test_other_wrong_declarations_stop() -> None:
    assert stopped(real(BAIDU), "WGS84") == {"E-DATUM-CLASH"}
    assert stopped(real(BAIDU), "GCJ02") == {"E-DATUM-CLASH"}
    assert stopped(real(DERIVED), "GCJ02") == {"E-DATUM-CLASH"}
    assert stopped(real(DATAV), None) == {"E-DATUM-MISSING"}
