"""The inputs of a study together: rasters, official totals, estimated groups, corrections."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from kepu.cli import app
from kepu.geo.errors import KepuError
from kepu.inputs import read_layers
from kepu.study_file import read_study

PEOPLE = 1_119_901


@pytest.fixture
def folder(tmp_path):
    source = Path(str(files("kepu") / "data" / "boundaries"))
    for name in ("study.toml", "towns.geojson", "venues.csv", "demand.csv", "roads.osm.pbf"):
        shutil.copy(source / name, tmp_path)
    return tmp_path


def change(folder, *pairs):
    path = folder / "study.toml"
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def layers(folder):
    return read_layers(read_study(folder / "study.toml"))


def by_town(demand):
    return demand.groupby("town")["people"].sum()


def test_people_are_brought_to_official_totals_exactly(folder):
    change(folder, ("[towns]", '[control]\nsource = "例"\ndistrict_total = 1000000\n'
                    "totals = { 441802008 = 200001, 441802105 = 99999 }\n\n[towns]"))  # fmt: skip
    found = layers(folder)
    people = by_town(found.demand)
    assert (people["441802008"], people["441802105"]) == (200001, 99999)
    assert people.sum() == 1_000_000
    assert (found.demand["elderly"] <= found.demand["people"]).all()
    assert found.control["official"].sum() == 1_000_000


def test_a_missing_group_is_estimated_by_its_rule_and_says_so(folder):
    table = pd.read_csv(folder / "demand.csv", dtype=str, encoding="utf-8-sig")
    table.drop(columns="农民人口").to_csv(folder / "demand.csv", index=False, encoding="utf-8")
    with pytest.raises(KepuError, match="E-GROUP-MISSING"):
        layers(folder)
    change(folder, ("[towns]", '[[groups]]\ngroup = "farmers"\nbasis = "share"\nurban = 0\n'
                    'rural = 0.5\nsource = "例"\n\n[towns]'))  # fmt: skip
    found = layers(folder)
    rural = found.demand[found.demand["rural"]]
    assert abs(rural["farmers"].sum() - rural["people"].sum() / 2) <= 1
    assert found.demand.loc[~found.demand["rural"], "farmers"].sum() == 0
    assert "W-GROUP-ESTIMATED" in {fault.code for fault in found.warnings}


def test_a_raster_of_people_runs_to_the_map(folder, tmp_path):
    rasterio = pytest.importorskip("rasterio")
    towns = layers(folder).towns.to_crs(4326)
    west, south, east, north = towns.total_bounds
    size = 0.02
    columns, rows = int((east - west) / size) + 2, int((north - south) / size) + 2
    cells = np.random.default_rng(1).integers(0, 300, (rows, columns)).astype("float32")
    profile = {
        "driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "nodata": -1.0,
        "transform": rasterio.Affine(size, 0, west - size / 2, 0, -size, north + size / 2),
    }  # fmt: skip
    with rasterio.open(folder / "people.tif", "w", **profile) as raster:
        raster.write(cells, 1)
    change(folder, ('file = "demand.csv"\ndatum = "WGS84"', 'file = "people.tif"\nkind = "count"'))
    text = (folder / "study.toml").read_text("utf-8")
    first = text.index("[[standards]]")
    second = text.index("[[standards]]", first + 1)
    (folder / "study.toml").write_text(text[:second], encoding="utf-8")
    found = layers(folder)
    assert found.ledgers["demand"].towns["people"].sum() == found.demand["people"].sum()
    inside = found.ledgers["demand"].towns["raster"].sum()
    assert abs(found.demand["people"].sum() - inside) < 0.5 * len(towns)
    out = tmp_path / "out"
    command = ["run", str(folder / "study.toml"), "--out", str(out), "--no-appendix"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert (out / "map.html").is_file()


def test_a_venue_without_coordinates_is_found_by_its_address(folder):
    table = pd.read_csv(folder / "venues.csv", dtype=str, encoding="utf-8-sig").fillna("")
    before = layers(folder)
    place = before.demand.index[before.demand["name"] == "青龙村委会"][0]
    row = table.index[(table["所属镇街"] == "源潭镇") & (table["状态"] == "在用")][0]
    table.loc[row, ["经度", "纬度"]] = ""
    table.loc[row, "地址"] = "源潭镇青龙村委会旁12号"
    table.to_csv(folder / "venues.csv", index=False, encoding="utf-8")
    found = layers(folder)
    venue = found.venues.loc[table.loc[row, "编号"]]
    assert venue.geometry.distance(found.demand.loc[place].geometry) < 0.01
    assert venue["precision"] == "D"
    assert "W-ADDRESSES" in {fault.code for fault in found.warnings}
    assert len(found.venues) == len(before.venues)


@pytest.mark.parametrize("has_column", [True, False])
def test_a_venue_with_neither_coordinates_nor_address_is_told_both_ways(folder, has_column):
    """Not to "write 0 where the longitude is zero"; places of its name are offered."""
    table = pd.read_csv(folder / "venues.csv", dtype=str, encoding="utf-8-sig").fillna("")
    table = table.drop(columns=[] if has_column else ["地址"])
    row = table.index[(table["所属镇街"] == "源潭镇") & (table["状态"] == "在用")][0]
    table.loc[row, ["经度", "纬度"]] = ""
    table.loc[row, table.columns.isin(["地址"])] = ""
    table.loc[row, "名称"] = "青龙村委会"
    table.to_csv(folder / "venues.csv", index=False, encoding="utf-8")
    (fault,) = layers(folder).ledgers["venues"].faults
    assert (fault.code, fault.row) == ("Q-ADDRESS-EMPTY", row + 2)
    assert fault.column == ("地址" if has_column else "经度")
    assert "青龙村委会" in fault.zh
    assert "地址或经纬度" in fault.zh


def test_a_table_of_addresses_alone_is_read(folder):
    """The commonest list of venues: no coordinates at all."""
    table = pd.read_csv(folder / "venues.csv", dtype=str, encoding="utf-8-sig").fillna("")
    inside = table[table["地址"].str.contains("社区|村") & ~table["所属镇街"].str.contains("区")]
    inside = inside.drop(columns=["经度", "纬度"]).head(60)
    inside.to_csv(folder / "venues.csv", index=False, encoding="utf-8")
    found = layers(folder)
    ledger = found.ledgers["venues"]
    assert ledger.rows_in == 60
    assert len(found.venues) == ledger.ok == 60 - ledger.quarantined
    assert ledger.ok >= 50
    assert set(found.venues["precision"]) <= {"B", "C", "D"}
    inside.drop(columns="地址").to_csv(folder / "venues.csv", index=False, encoding="utf-8")
    with pytest.raises(KepuError, match="E-HEADER-MISSING"):
        layers(folder)


def test_a_corrected_quarantine_gives_every_row_back(folder, tmp_path):
    path = folder / "venues.csv"
    text = path.read_text("utf-8-sig").splitlines()
    cells = text[5].split(",")
    where = text[0].split(",").index("经度")
    right, cells[where] = cells[where], "不详"
    path.write_text("\n".join([*text[:5], ",".join(cells), *text[6:]]) + "\n", encoding="utf-8")
    out = tmp_path / "check"
    study = str(folder / "study.toml")
    done = CliRunner().invoke(app, ["check", study, "--out", str(out)])
    assert done.exit_code == 2, done.output
    set_apart = out / "quarantine" / "venues.csv"
    held = pd.read_csv(set_apart, dtype=str, encoding="utf-8-sig")
    assert len(held) == 1
    held["经度"] = right
    mended = tmp_path / "mended"
    mended.mkdir()
    held.to_csv(mended / "venues.csv", index=False, encoding="utf-8-sig")
    again = ["check", study, "--out", str(out), "--with-quarantine", str(mended)]
    done = CliRunner().invoke(app, again)
    assert done.exit_code == 0, done.output
    assert not set_apart.exists()
    empty = CliRunner().invoke(app, [*again[:-1], str(tmp_path / "nothing")])
    assert empty.exit_code == 3
    assert "E-CORRECTIONS" in empty.output


def test_nothing_changes_where_nothing_is_asked(folder):
    found = layers(folder)
    assert found.demand["people"].sum() == PEOPLE
    assert found.control is None
