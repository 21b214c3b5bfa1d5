"""The raster of people: shares that are exact, nobody lost, no file read wrongly."""

from __future__ import annotations

import builtins
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from pyproj.exceptions import CRSError
from shapely.geometry import box

from kepu.geo.crs import WGS84, metric_crs, transform
from kepu.geo.errors import LayerError
from kepu.layers.ledger import limits
from kepu.layers.lookup import town_at
from kepu.layers.population import read_population
from kepu.layers.raster import read_grid
from kepu.layers.raster_ledger import RasterLedger

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("exactextract")
affine = pytest.importorskip("affine")

METRIC = metric_crs(113.05, 23.7)
X, Y = 400_000.0, 2_600_000.0
"""South-west corner of the district of the tests, metres."""
CELL = 100.0
NODATA = -99_999.0
fixed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def district(*outlines: shapely.Geometry, names: str = "ABCDEFGH") -> GeoDataFrame:
    """Towns in metres from the corner; the second is urban, the others rural."""
    shapes = [shapely.transform(each, lambda xy: xy + np.array([X, Y])) for each in outlines]
    kinds = ["urban" if i == 1 else "rural" for i in range(len(shapes))]
    frame = GeoDataFrame(
        {"name": [f"{names[i]}镇" for i in range(len(shapes))], "kind": kinds},
        index=pd.Index([f"44180210{i}" for i in range(len(shapes))], name="town"),
        geometry=shapes,
        crs=METRIC,
    )
    return frame


def raster(path: Path, values: Any, **changes: Any) -> Path:
    """Write values north up; the corner of the last row is that of the district."""
    values = np.asarray(values, changes.pop("dtype", "float64"))
    bands = values if values.ndim == 3 else values[None]
    rows, cols = bands.shape[1:]
    cell = changes.pop("cell", CELL)
    west, south = changes.pop("corner", (X, Y))
    profile = {
        "driver": "GTiff", "count": len(bands), "height": rows, "width": cols,
        "dtype": bands.dtype.name, "crs": METRIC.to_wkt(), "nodata": NODATA,
        "transform": affine.Affine(cell, 0, west, 0, -cell, south + rows * cell), **changes,
    }  # fmt: skip
    extra = {name: profile.pop(name) for name in ("scales", "offsets") if name in profile}
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
        for name, value in extra.items():
            setattr(file, name, value)
    return path


def read(path: Path, towns: GeoDataFrame, **options: Any) -> tuple[GeoDataFrame, RasterLedger]:
    demand, ledger = read_population(
        path, towns=towns, **{"kind": "count", "year": 2020, **options}
    )
    assert list(demand.columns) == ["name", "town", "rural", "people", "precision", "geometry"]
    assert demand.index.is_unique
    assert demand.index.name == "place"
    assert demand.crs == towns.crs
    assert (demand["people"] > 0).all()
    assert town_at(demand.geometry, towns) == list(demand["town"])
    assert int(demand["people"].sum()) == ledger.people_ok == ledger.towns["people"].sum()
    assert len(demand) == ledger.ok == ledger.towns["places"].sum()
    ledger.balance()
    limits(ledger, accept=False)
    json.dumps(ledger.summary(), allow_nan=False)
    assert all(fault.zh and fault.en for fault in ledger.warnings)
    return demand, ledger


def stopped(path: Path, towns: GeoDataFrame, **options: Any) -> str:
    with pytest.raises(LayerError) as error:
        read(path, towns, **options)
    assert str(error.value)
    (fault,) = error.value.faults
    return fault.code


def warned(ledger: RasterLedger) -> dict[str, Any]:
    return {fault.code: fault.facts for fault in ledger.warnings}


ONE = district(box(0, 0, 400, 400))

# Shares


@st.composite
def divided(draw: st.DrawFn) -> tuple[GeoDataFrame, np.ndarray]:
    """A district cut by a bent line, and a raster that covers it and more."""
    rows, cols = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    high, wide = rows * CELL, cols * CELL
    edge = draw(st.floats(0, 0.9)) * CELL
    west_to_east = st.floats(edge + 5, wide - edge - 5)
    bends = sorted(draw(st.lists(st.integers(1, 99), max_size=3, unique=True)))
    line = [(draw(west_to_east), high * v / 100) for v in (0, *bends, 100)]
    whole = box(edge, edge / 2, wide - edge, high - edge)
    left = shapely.Polygon([(-1, 0), *line, (-1, high)]).intersection(whole)
    right = whole.difference(left)
    cell = st.sampled_from([0.0, NODATA, 1.0, 2.5, 640.0, 1e-3])
    values = draw(st.lists(cell, min_size=rows * cols, max_size=rows * cols))
    return district(left, right), np.reshape([100.0, *values[1:]], (rows, cols))


def by_hand(towns: GeoDataFrame, values: np.ndarray) -> np.ndarray:
    """People of each town from the areas of the intersections with every cell."""
    found = np.zeros(len(towns))
    rows = len(values)
    for row, col in zip(*np.nonzero(values > 0), strict=True):
        west, north = X + col * CELL, Y + (rows - row) * CELL
        cell = box(west, north - CELL, west + CELL, north)
        shares = shapely.area(shapely.intersection(towns.geometry.to_numpy(), cell)) / CELL**2
        found += shares * values[row, col]
    return found


@settings(fixed)
@given(divided(), st.sampled_from([1, 2, 3]))
def test_town_sums_are_those_of_the_areas(tmp_path, case, block):
    towns, values = case
    expected = by_hand(towns, values)
    path = raster(tmp_path / "a.tif", values)
    if np.floor(expected + 0.5).sum() == 0:
        assert stopped(path, towns, block=block) == "E-RASTER-ZERO"
        return
    demand, ledger = read(path, towns, block=block)
    found = ledger.towns
    np.testing.assert_allclose(found["raster"], expected, rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(found["parts"], found["raster"], rtol=1e-9)
    people = np.where(values > 0, values, 0).sum()
    assert ledger.window_people == pytest.approx(people, rel=1e-12)
    everyone = found["raster"].sum() + ledger.outside_people
    assert everyone == pytest.approx(people, rel=1e-9)
    assert ((found["people"] - found["raster"]).abs() <= 0.5).all()
    by_town = demand.groupby("town")["people"].sum()
    assert by_town.to_dict() == found.loc[found["people"] > 0, "people"].to_dict()


@settings(fixed)
@given(divided(), st.randoms(use_true_random=False))
def test_the_order_of_the_towns_says_nothing(tmp_path, case, rng):
    towns, values = case
    values[0] = 50
    path = raster(tmp_path / "a.tif", values)
    order = rng.sample(list(towns.index), len(towns))
    demand, ledger = read(path, towns)
    again, same = read(path, towns.loc[order])
    pd.testing.assert_frame_equal(again, demand)
    pd.testing.assert_frame_equal(same.towns, ledger.towns)


def test_shares_in_degrees_are_those_of_the_areas(tmp_path):
    towns = district(box(130, 110, 700, 890), box(700, 110, 1370, 890))
    rng = np.random.default_rng(0)
    values = rng.gamma(0.4, 900, (9, 14))
    cell = 0.001
    lon, lat = (float(each[0]) for each in transform([X], [Y], METRIC, WGS84))
    path = raster(
        tmp_path / "a.tif", values, cell=cell, corner=(lon, lat), crs=WGS84.to_wkt()
    )  # fmt: skip
    degrees = shapely.segmentize(towns.geometry.to_numpy(), 10)
    degrees = shapely.transform(
        degrees, lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1], METRIC, WGS84))
    )
    expected = np.zeros(2)
    for (row, col), people in np.ndenumerate(values):
        at = lon + col * cell, lat + (8 - row) * cell
        square = box(*at, at[0] + cell, at[1] + cell)
        expected += people * shapely.area(shapely.intersection(degrees, square)) / square.area
    demand, ledger = read(path, towns)
    np.testing.assert_allclose(ledger.towns["raster"], expected, rtol=1e-6)
    assert ledger.towns["uncovered"].max() == 0
    assert demand["people"].sum() == pytest.approx(expected.sum(), abs=1)


def test_a_whole_raster_is_conserved_whatever_the_plane(tmp_path):
    """V8: counts are never resampled."""
    values = np.random.default_rng(1).gamma(0.2, 5000, (8, 8))
    around = district(box(-3000, -3000, 1500, 5000), box(1500, -3000, 5000, 5000))
    corner = tuple(float(each[0]) for each in transform([X], [Y], METRIC, WGS84))
    for options in ({}, {"cell": 0.001, "corner": corner, "crs": "EPSG:4490"}):
        path = raster(tmp_path / "a.tif", values, **options)
        bounds = (-1e9, -1e9, 1e9, 1e9)
        assert read_grid(path, bounds).values.sum() == values.sum()
        with pytest.raises(LayerError, match="E-RASTER-EXTENT"):
            read(path, around)
    towns = district(box(0, 0, 300.123, 800), box(300.123, 0, 800, 800))
    _, ledger = read(raster(tmp_path / "b.tif", values), towns)
    assert ledger.towns["raster"].sum() == pytest.approx(values.sum(), rel=1e-12)
    assert ledger.outside_people == 0


# Places


def test_places_are_parts_of_cells(tmp_path):
    towns = district(box(0, 0, 150, 200), box(150, 0, 300, 200))
    demand, ledger = read(raster(tmp_path / "a.tif", [[4, 8, 0], [0, 16, 32]]), towns)
    assert demand["people"].to_dict() == {
        "R0C0-441802100": 4, "R0C1-441802100": 4, "R0C1-441802101": 4,
        "R1C1-441802100": 8, "R1C1-441802101": 8, "R1C2-441802101": 32,
    }  # fmt: skip
    assert demand["name"].iloc[1] == "A镇 网格 r0c1"
    assert demand["rural"].tolist() == [True, True, False, True, False, False]
    assert set(demand["precision"]) == {""}
    spots = (shapely.get_coordinates(demand.geometry) - (X, Y)).round(6)
    assert spots[0].tolist() == [50, 150]
    assert spots[5].tolist() == [250, 50]
    assert spots[1].tolist() == [149.98, 150], "a centre on the border is kept to either side"
    assert spots[2].tolist() == [150.02, 150]
    assert ledger.rows_in == 6
    assert warned(ledger)["W-RURAL"]["by_town"] == 6


def test_blocks_merge_cells_at_their_weighted_centre(tmp_path):
    path = raster(tmp_path / "a.tif", [[0, 3, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9]])
    demand, ledger = read(path, ONE, block=2)
    assert demand["people"].to_dict() == {"R0C0-441802100": 4, "R1C1-441802100": 9}
    assert demand["name"].iloc[0] == "A镇 2×2网格 r0c0"
    spot = shapely.get_coordinates(demand.geometry)[0] - (X, Y)
    np.testing.assert_allclose(spot, [(3 * 150 + 50) / 4, (3 * 350 + 250) / 4])
    assert ledger.block == 2


def test_blocks_start_at_the_corner_of_the_raster(tmp_path):
    towns = district(box(150, 50, 350, 250))
    path = raster(tmp_path / "a.tif", np.full((5, 6), 10.0))
    demand, _ = read(path, towns, block=2)
    assert list(demand.index) == [
        "R1C0-441802100", "R1C1-441802100", "R2C0-441802100", "R2C1-441802100",
    ]  # fmt: skip
    demand, _ = read(path, towns)
    assert demand.index[0] == "R2C1-441802100"


def test_a_point_stays_in_its_town(tmp_path):
    """The centre of the cell of the horseshoe lies in the other town."""
    inner = box(40, 30, 60, 100)
    towns = district(box(0, 0, 100, 100).difference(inner), inner)
    demand, _ = read(raster(tmp_path / "a.tif", [[100]]), towns)
    assert demand["people"].tolist() == [86, 14]
    assert (demand.geometry.distance(towns.geometry.loc[demand["town"]], align=False) == 0).all()


def test_where_towns_overlap_the_lowest_code_counts(tmp_path):
    towns = district(box(0, 0, 250, 400), box(150, 0, 400, 400))
    demand, ledger = read(raster(tmp_path / "a.tif", np.full((4, 4), 10.0)), towns)
    assert ledger.towns["people"].tolist() == [100, 60]
    assert demand["people"].sum() == 160
    assert ledger.outside_people == 0


def test_rounding_keeps_towns_and_says_what_is_left(tmp_path):
    demand, ledger = read(raster(tmp_path / "a.tif", np.full((4, 4), 0.3)), ONE)
    assert demand["people"].tolist() == [1] * 5
    assert ledger.towns["residual"].iloc[0] == pytest.approx(0.2)
    assert (ledger.rows_in, ledger.ok, ledger.ignored) == (16, 5, 11)


def test_a_town_without_people_is_named(tmp_path):
    towns = district(box(0, 0, 200, 400), box(200, 0, 400, 400))
    values = np.zeros((4, 4))
    values[0, 0] = 7
    _, ledger = read(raster(tmp_path / "a.tif", values), towns)
    assert warned(ledger)["W-TOWN-EMPTY"]["names"] == "B镇"


# Official totals


def test_official_totals_are_met_before_rounding(tmp_path):
    towns = district(box(0, 0, 200, 400), box(200, 0, 400, 400))
    path = raster(tmp_path / "a.tif", np.full((4, 4), 0.4))
    demand, ledger = read(path, towns, control={"441802100": 8}, district_total=24)
    assert demand["people"].tolist() == [1, 1, 2, 2] * 4
    assert ledger.control["official"].tolist() == [8, 16]
    assert "W-CONTROL-FACTOR" in warned(ledger)
    _, ledger = read(path, towns, control={"441802100": 3})
    assert ledger.towns["people"].tolist() == [3, 3]
    assert "W-CONTROL-FACTOR" not in warned(ledger)
    assert stopped(path, towns, control={"441802999": 3}) == "E-CONTROL-EMPTY"


# What cells mean


@pytest.mark.parametrize("epsg", [4326, 4490, 4214])
def test_areas_of_cells_are_those_of_the_ellipsoid(tmp_path, epsg):
    crs = CRS.from_epsg(epsg)
    path = raster(tmp_path / "a.tif", np.ones((3, 2)), cell=0.5, corner=(113, 23), crs=crs.to_wkt())
    found = read_grid(path, (113, 23, 114, 24.5)).square_km
    geod = Geod(a=crs.ellipsoid.semi_major_metre, rf=crs.ellipsoid.inverse_flattening)
    for row, north in enumerate((24.5, 24.0, 23.5)):
        cell = shapely.segmentize(box(113, north - 0.5, 113.5, north), 0.0005)
        area = geod.geometry_area_perimeter(cell)[0] / 1e6
        assert found[row] == pytest.approx(area, rel=1e-8)


def test_densities_are_people_per_square_kilometre(tmp_path):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 500.0))
    demand, ledger = read(path, ONE, kind="density")
    assert set(demand["people"]) == {5}
    assert ledger.kind == "density"
    corner = tuple(float(each[0]) - 0.001 for each in transform([X], [Y], METRIC, WGS84))
    degrees = raster(
        tmp_path / "b.tif", np.full((9, 9), 50_000.0), cell=0.001, corner=corner, crs="EPSG:4326"
    )
    _, ledger = read(degrees, ONE, kind="density")
    # Lengths of the plane are 1.000115 times those of the ground here.
    assert ledger.towns["raster"].iloc[0] == pytest.approx(8000, rel=3e-4)


def test_web_mercator_counts_but_has_no_areas(tmp_path):
    web = CRS.from_epsg(3857)
    corner = [float(each[0]) - 150 for each in transform([X], [Y], METRIC, web)]
    path = raster(tmp_path / "a.tif", np.full((8, 8), 10.0), corner=corner, crs=web.to_wkt())
    _, ledger = read(path, ONE)
    assert ledger.people_ok > 0
    assert stopped(path, ONE, kind="density") == "E-RASTER-DENSITY"


def test_unlikely_densities_are_told(tmp_path):
    _, ledger = read(raster(tmp_path / "a.tif", np.full((4, 4), 3000.0)), ONE)
    facts = warned(ledger)["W-RASTER-DENSE"]
    assert (facts["count"], facts["most"], facts["kind"]) == (16, "300000", "count")


# No data


@pytest.mark.parametrize("dtype, nodata", [
    ("float32", NODATA), ("float32", -3.4028234663852886e38), ("float64", float("nan")),
    ("int32", NODATA), ("uint16", 65_535), ("uint8", 0),
])  # fmt: skip
def test_no_data_is_nobody(tmp_path, dtype, nodata):
    """V9: five such cells once made a county lose half a million people."""
    values = np.full((4, 4), 10.0)
    values[0, :2] = nodata
    _, ledger = read(raster(tmp_path / "a.tif", values, dtype=dtype, nodata=nodata), ONE)
    assert ledger.towns["raster"].iloc[0] == 140
    assert ledger.towns["no_data"].iloc[0] == pytest.approx(2 / 16)
    assert warned(ledger)["W-RASTER-EMPTY"]["percent"] == "12.5"
    assert "W-RASTER-NAN" not in warned(ledger)


def test_cells_that_are_not_a_number_are_told(tmp_path):
    values = np.full((4, 4), 10.0)
    values[1, 1] = np.nan
    _, ledger = read(raster(tmp_path / "a.tif", values), ONE)
    assert ledger.people_ok == 150
    assert warned(ledger)["W-RASTER-NAN"]["count"] == 1


def test_masked_cells_are_nobody(tmp_path):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(np.eye(4) == 0)
    assert read(path, ONE)[1].people_ok == 120


def test_scales_are_applied(tmp_path):
    values = np.full((4, 4), 3)
    values[0, 0] = -1
    path = raster(tmp_path / "a.tif", values, dtype="int16", nodata=-1, scales=(0.5,), offsets=(1,))
    assert read(path, ONE)[1].towns["raster"].iloc[0] == pytest.approx(15 * 2.5)


def test_what_lies_beside_the_file_says_nothing(tmp_path):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0))
    before = read(path, ONE)[0]
    raster(tmp_path / "a.tif.msk", np.zeros((4, 4)), dtype="uint8", nodata=None)
    (tmp_path / "a.tfw").write_text("1\n0\n0\n-1\n0\n0\n", "ascii")
    (tmp_path / "a.tif.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><NoDataValue>10</NoDataValue></PAMRasterBand>"
        "</PAMDataset>", "ascii"
    )  # fmt: skip
    pd.testing.assert_frame_equal(read(path, ONE)[0], before)


# Where the raster lies


def test_a_raster_must_cover_the_towns(tmp_path):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0))
    towns = district(box(0, 0, 401, 400))
    _, ledger = read(path, towns)
    assert warned(ledger)["W-RASTER-EXTENT"] == {"percent": "0.249", "towns": "A镇 0.249 %"}
    assert ledger.towns["uncovered"].iloc[0] == pytest.approx(1 / 401)
    half = district(box(0, 0, 400, 400), box(400, 0, 420, 400))
    assert stopped(path, half) == "E-RASTER-EXTENT"
    assert stopped(path, district(box(9000, 0, 9400, 400))) == "E-RASTER-EXTENT"


# Wrong files


@pytest.mark.parametrize("code, changes", [
    ("E-RASTER-CRS", {"crs": None}),
    ("E-RASTER-CRS", {"transform": None}),
    ("E-RASTER-CRS", {"crs": 'LOCAL_CS["map",UNIT["metre",1]]'}),
    ("E-RASTER-NODATA", {"nodata": None}),
    ("E-RASTER-TURNED", {"transform": affine.Affine(100, 5, X, 0, -100, Y + 400)}),
    ("E-RASTER-TURNED", {"transform": affine.Affine(100, 0, X, 0, 100, Y)}),
    ("E-RASTER-BANDS", {"dtype": "complex64"}),
])  # fmt: skip
def test_wrong_rasters_stop(tmp_path, code, changes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0), **changes)
    assert stopped(path, ONE) == code


@pytest.mark.parametrize("code, value", [
    ("E-RASTER-NEGATIVE", -1.0), ("E-RASTER-NEGATIVE", -9999.0), ("E-RASTER-NEGATIVE", np.inf),
])  # fmt: skip
def test_wrong_values_stop(tmp_path, code, value):
    values = np.full((4, 4), 10.0)
    values[2, 3] = value
    path = raster(tmp_path / "a.tif", values)
    with pytest.raises(LayerError, match="R2C3") as error:
        read(path, ONE)
    assert [fault.code for fault in error.value.faults] == [code]


@pytest.mark.parametrize("value", [1e11, 1e300, 5e9])
def test_more_people_than_on_earth_stop(tmp_path, value):
    path = raster(tmp_path / "a.tif", np.full((4, 4), value))
    assert stopped(path, ONE) == "E-RASTER-MANY"


def test_reference_systems_that_cannot_be_read_stop(tmp_path, monkeypatch):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0), cell=0.01, crs="EPSG:4807")
    assert stopped(path, ONE) == "E-RASTER-CRS", "grades are not degrees"

    def unreadable(text: str) -> CRS:
        raise CRSError(text)

    monkeypatch.setattr("kepu.layers.raster.CRS.from_wkt", unreadable)
    assert stopped(path, ONE) == "E-RASTER-CRS"


@pytest.mark.parametrize("cell", [1e-300, 1e-9])
def test_cells_without_size_miss_the_towns(tmp_path, cell):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0), cell=cell)
    assert stopped(path, ONE) == "E-RASTER-EXTENT"


@pytest.mark.parametrize("high, code", [
    (1e-300, "E-DAMAGED"), (1e-12, "E-DAMAGED"), (1e-5, "E-RASTER-EXTENT"),
    (1e30, "E-RASTER-ZERO"), (1e300, "E-RASTER-ZERO"),
])  # fmt: skip
def test_cells_out_of_all_proportion_stop(tmp_path, high, code):
    turn = affine.Affine(100, 0, X, 0, -high, Y + 400)
    assert stopped(raster(tmp_path / "a.tif", np.full((4, 4), 10.0), transform=turn), ONE) == code


def test_lost_people_are_a_fault_of_the_program(tmp_path):
    _, ledger = read(raster(tmp_path / "a.tif", np.full((4, 4), 10.0)), ONE)
    sound = ledger.towns
    for change in ({"parts": 160.1}, {"raster": 160.0000005}, {"people": 159}):
        ledger.towns = sound.assign(**change)
        with pytest.raises(RuntimeError):
            ledger.balance()


def test_several_bands_stop(tmp_path):
    assert stopped(raster(tmp_path / "a.tif", np.ones((2, 4, 4))), ONE) == "E-RASTER-BANDS"


def test_nobody_stops(tmp_path):
    assert stopped(raster(tmp_path / "a.tif", np.zeros((4, 4))), ONE) == "E-RASTER-ZERO"
    assert stopped(raster(tmp_path / "a.tif", np.full((4, 4), 0.01)), ONE) == "E-RASTER-ZERO"


@pytest.mark.parametrize("options", [{"kind": "people"}, {"block": 0}])
def test_what_is_not_declared_stops(tmp_path, options):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0))
    assert stopped(path, ONE, **options) == "E-RASTER-KIND"


def test_too_many_cells_stop(tmp_path, monkeypatch):
    monkeypatch.setattr("kepu.layers.raster.CELLS_MOST", 15)
    assert stopped(raster(tmp_path / "a.tif", np.full((4, 4), 10.0)), ONE) == "E-RASTER-SIZE"


def test_other_files_stop(tmp_path):
    (tmp_path / "a.vrt").write_text("<VRTDataset/>", "ascii")
    (tmp_path / "b.tif").write_text("<VRTDataset/>", "ascii")
    (tmp_path / "c.tif").mkdir()
    codes = [stopped(tmp_path / name, ONE) for name in ("a.vrt", "b.tif", "c.tif", "d.tif")]
    assert codes == ["E-FORMAT", "E-DAMAGED", "E-FILE", "E-FILE-MISSING"]


@pytest.mark.parametrize("options", [{}, {"compress": "deflate"}, {"blockysize": 1}])
def test_a_cut_raster_is_never_read_otherwise(tmp_path, options):
    rng = np.random.default_rng(2)
    path = raster(tmp_path / "a.tif", rng.integers(1, 50, (4, 4)), **options)
    whole, content = read(path, ONE)[0], path.read_bytes()
    refused = 0
    for size in range(0, len(content), max(len(content) // 60, 1)):
        path.write_bytes(content[:size])
        try:
            found, _ = read(path, ONE)
        except LayerError:
            refused += 1
        else:
            pd.testing.assert_frame_equal(found, whole)
    assert refused > 50


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path, monkeypatch):
    path = raster(tmp_path / "a.tif", np.full((4, 4), 10.0))
    wanted = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name == "exactextract":
            raise ImportError(name=name)
        return wanted(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert stopped(path, ONE) == "E-RASTER-EXTRA"
