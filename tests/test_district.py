"""
The real outline of the district, as three sources give it in three datums: one answer, or a stop.

The illustrative study with its towns replaced by the one real outline; the files lie outside the
repository and the tests are skipped where they are absent.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from kepu.assessment import assess
from kepu.geo.crs import gcj02_to_bd09, wgs84_to_gcj02
from kepu.geo.errors import KepuError
from kepu.inputs import read_layers
from kepu.job import noticed
from kepu.study import survey
from kepu.study_file import read_study

ROOT = Path(__file__).parents[1]
ILLUSTRATIVE = ROOT / "data" / "boundaries"
REAL = ROOT.parent / "shared" / "data" / "boundaries"
GCJ02 = REAL / "qingcheng_441802_datav_gcj02.geojson"
BD09 = REAL / "qingcheng_441802_baidu_bd09.geojson"
DERIVED = REAL / "derived" / "qingcheng_441802_wgs84.geojson"
METRES = 4526

pytestmark = pytest.mark.skipif(not GCJ02.is_file(), reason="the real outlines are not here")


@pytest.fixture(scope="module")
def wgs84(tmp_path_factory):
    """One of the two derived outlines, alone in a file."""
    path = tmp_path_factory.mktemp("derived") / "outline.geojson"
    content = json.loads(DERIVED.read_text("utf-8"))
    (feature,) = (f for f in content["features"] if f["properties"]["from"] == "baidu_bd09")
    content["features"] = [feature]
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def bare(path, folder):
    """Copy an outline without any hint of its datum."""
    content = json.loads(path.read_text("utf-8"))
    kept = {"adcode": "441802", "name": "清城区"}
    features = [{**f, "properties": kept} for f in content["features"]]
    copy = folder / "outline.geojson"
    copy.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return copy


def table(name):
    with (ILLUSTRATIVE / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def shifted(rows, shift):
    lon, lat = (np.array([float(row[name]) for row in rows]) for name in ("经度", "纬度"))
    for row, x, y in zip(rows, *shift(lon, lat), strict=True):
        row["经度"], row["纬度"] = f"{x:.7f}", f"{y:.7f}"
    return rows


def study(folder, *, outline=None, outline_datum="WGS84", venues=None, venue_datum="WGS84"):
    """Write the illustrative study with another outline or other venues."""
    folder.mkdir(parents=True)
    text = (ILLUSTRATIVE / "study.toml").read_text("utf-8")
    towns, demand = ILLUSTRATIVE / "towns.geojson", table("demand.csv")
    if outline is not None:
        towns = outline
        text = text.replace("year = 2021\n", "", 1)
        for row in demand:
            row["所属镇街"] = "清城区"
    write(folder / "demand.csv", demand)
    write(folder / "venues.csv", venues or table("venues.csv"))
    for old, new in (
        ('file = "towns.geojson"\ndatum = "WGS84"',
         f'file = "{towns.as_posix()}"\ndatum = "{outline_datum}"'),
        ('file = "venues.csv"\ndatum = "WGS84"', f'file = "venues.csv"\ndatum = "{venue_datum}"'),
        ('file = "roads.osm.pbf"', f'file = "{(ILLUSTRATIVE / "roads.osm.pbf").as_posix()}"'),
        ("buffer_km = 15", "buffer_km = 15\nland_points = 0"),
    ):  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


class Run:
    """What a study says when it is measured and answered, whatever stands in quarantine."""

    def __init__(self, path):
        asked = read_study(path)
        try:
            self.measured = survey(asked, read_layers(asked), accept_quarantine=True)
        except KepuError as error:
            self.exit, faults = 3, error.faults
        else:
            self.exit, faults = 0, [*noticed(self.measured), *self.measured.warnings]
            self.found = assess(asked, self.measured)
        self.said = "\n".join(map(str, faults))

    @property
    def outline(self):
        return self.measured.towns.to_crs(METRES).union_all()

    @property
    def people(self):
        return int(self.measured.demand["people"].sum())

    @property
    def shares(self):
        table = self.found.standards
        return table[table["scope"] == "district"]["share"].to_numpy(float)

    def minutes(self):
        """Minutes of every place to every standard; -1 where none is reached."""
        by_place = self.found.reach.groupby("place")["minutes"]
        return {place: minutes.to_numpy(float, na_value=-1) for place, minutes in by_place}


@pytest.fixture(scope="module")
def three(tmp_path_factory, wgs84):
    """The study with the outline of each source, each declared for what it is."""
    folder = tmp_path_factory.mktemp("three")
    sources = {"WGS84": wgs84, "GCJ02": GCJ02, "BD09": BD09}
    return {
        datum: Run(study(folder / datum, outline=path, outline_datum=datum))
        for datum, path in sources.items()
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The illustrative study as it is."""
    return Run(study(tmp_path_factory.mktemp("plain") / "in"))


def test_three_outlines_are_read(three):
    for datum, run in three.items():
        assert run.exit == 0, (datum, run.said)
        assert not [line for line in run.said.splitlines() if line.startswith("[E-")]


def test_three_outlines_give_one_district(three):
    outlines = {datum: run.outline for datum, run in three.items()}
    for datum in ("GCJ02", "BD09"):
        one, other = outlines["WGS84"], outlines[datum]
        assert np.abs(np.array(one.bounds) - np.array(other.bounds)).max() < 200
        points = shapely.points(shapely.get_coordinates(other.boundary.segmentize(100)))
        assert np.median(shapely.distance(points, one.boundary)) < 200
        assert one.symmetric_difference(other).area < 0.02 * one.area


def test_three_outlines_give_one_coverage(three):
    """All but a few places on the border, which one source may leave out."""
    people = {datum: run.people for datum, run in three.items()}
    assert max(people.values()) - min(people.values()) < 0.02 * max(people.values())
    minutes = {datum: run.minutes() for datum, run in three.items()}
    common = set.intersection(*(set(found) for found in minutes.values()))
    assert len(common) >= 0.95 * max(map(len, minutes.values()))
    for datum in ("GCJ02", "BD09"):
        # Built-up speeds end at the outline, so a few trips along it differ.
        away = [np.abs(minutes[datum][p] - minutes["WGS84"][p]).max() for p in sorted(common)]
        assert np.mean(np.array(away) > 0.2) <= 0.05
    shares = {datum: run.shares for datum, run in three.items()}
    for datum in ("GCJ02", "BD09"):
        assert np.abs(shares[datum] - shares["WGS84"]).max() < 0.02


@pytest.mark.parametrize(
    ("path", "declared"), [(GCJ02, "WGS84"), (GCJ02, "BD09"), (BD09, "WGS84"), (BD09, "GCJ02")]
)
def test_an_outline_declared_wrongly_is_refused(path, declared, tmp_path):
    run = Run(study(tmp_path / "in", outline=path, outline_datum=declared))
    assert run.exit == 3, run.said
    assert "[E-DATUM-CLASH]" in run.said
    assert path.name in run.said


@pytest.mark.parametrize("declared", ["GCJ02", "BD09"])
def test_the_derived_outline_declared_wrongly_is_told(declared, wgs84, tmp_path):
    run = Run(study(tmp_path / "in", outline=wgs84, outline_datum=declared))
    assert run.exit == 3 or "[W-TOWN]" in run.said, run.said


@pytest.mark.parametrize("path", [GCJ02, BD09])
def test_an_outline_without_any_hint_declared_wrongly_is_told(path, tmp_path):
    """Nothing but the places tells: some lie beyond the border."""
    run = Run(study(tmp_path / "in", outline=bare(path, tmp_path)))
    assert run.exit == 3 or "[W-TOWN]" in run.said, run.said


SHIFTS = {
    "GCJ02": wgs84_to_gcj02,
    "BD09": lambda lon, lat: gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)),
}


@pytest.mark.parametrize("datum", SHIFTS)
def test_shifted_venues_declared_right_give_the_same_minutes(datum, plain, tmp_path):
    rows = shifted(table("venues.csv"), SHIFTS[datum])
    run = Run(study(tmp_path / "in", venues=rows, venue_datum=datum))
    assert run.exit == plain.exit, run.said
    mine, theirs = run.minutes(), plain.minutes()
    assert mine.keys() == theirs.keys()
    for place, minutes in mine.items():
        assert np.allclose(minutes, theirs[place], atol=0.11), place
    pd.testing.assert_frame_equal(run.found.standards, plain.found.standards)


@pytest.mark.parametrize("datum", SHIFTS)
@pytest.mark.parametrize("way", ["shifted taken as WGS84", "WGS84 taken as shifted"])
def test_venues_declared_wrongly_are_told(datum, way, tmp_path):
    rows = table("venues.csv")
    if way == "shifted taken as WGS84":
        run = Run(study(tmp_path / "in", venues=shifted(rows, SHIFTS[datum])))
    else:
        run = Run(study(tmp_path / "in", venues=rows, venue_datum=datum))
    told = "[E-DATUM-PROBE]" in run.said and run.exit == 3
    assert told or "[W-DATUM-UNSURE] venues.csv" in run.said, run.said
