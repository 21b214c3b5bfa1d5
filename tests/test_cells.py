"""Where cells join the roads is kept by content: the same surfaces, or looked up again."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
import shapely

from kepu.geo import surface
from kepu.geo.kept import DIGEST_BYTES, DamagedError, read_arrays, write_arrays
from kepu.geo.network import Network
from kepu.geo.profile import Profile, default_profiles
from kepu.geo.surface import Ground
from kepu.layers.roads import read_roads

OSM = """<osm version="0.6">
<node id="1" lon="113.000" lat="23.700"/><node id="2" lon="113.010" lat="23.700"/>
<node id="3" lon="113.010" lat="23.710"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
</osm>"""
HORIZON = 6000


@pytest.fixture
def network(tmp_path) -> Network:
    path = tmp_path / "roads.osm"
    path.write_text(OSM, encoding="utf-8")
    return read_roads(path, default_profiles()).network


def ticks(network: Network, folder: Path | None, **facts: object) -> np.ndarray:
    profile: Profile = default_profiles()["walk"]
    asked = {"cell_metres": 100.0, **facts}
    land = Ground(network, profile, folder=folder, **asked)
    x, y = shapely.get_coordinates(network.lines[:1])[:1].T
    doors, one = land.venue_doors(x, y), np.array([0])
    time = land.reached(doors, one, HORIZON)
    box = land.box(time, doors, one, HORIZON)
    return land.surface(time, doors, one, HORIZON, box).ticks


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.cells"))


def test_what_was_kept_gives_the_same_surface_and_is_not_looked_up(network, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    fresh = ticks(network, None)
    assert (fresh <= HORIZON).any()
    np.testing.assert_array_equal(ticks(network, folder), fresh)
    assert len(kept(folder)) == 1

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(surface.Ground, "_snapped", never)
    np.testing.assert_array_equal(ticks(network, folder), fresh)


def test_more_tiles_join_those_that_were_kept(network, tmp_path, monkeypatch):
    folder, profile = tmp_path / "cache", default_profiles()["walk"]
    column, row = (np.array(shapely.get_coordinates(network.lines)[0]) // 100).astype(int)
    first = (column, row, column + 1, row + 1)
    other = (column + 64, row, column + 65, row + 1)
    Ground(network, profile, cell_metres=100, folder=folder).prepare([first])
    Ground(network, profile, cell_metres=100, folder=folder).prepare([other])
    monkeypatch.delattr(surface.Ground, "_snapped")
    Ground(network, profile, cell_metres=100, folder=folder).prepare([first, other])


def test_other_land_walls_and_cells_have_files_of_their_own(network, tmp_path):
    folder = tmp_path / "cache"
    edge = network.lines[0]
    wall = np.array([edge.parallel_offset(30)], object)
    for number, facts in enumerate(
        ({}, {"land": edge.buffer(400)}, {"barriers": wall}, {"cell_metres": 50.0}), 1
    ):
        np.testing.assert_array_equal(
            ticks(network, folder, **facts), ticks(network, None, **facts)
        )
        assert len(kept(folder)) == number


def test_one_wrong_byte_is_looked_up_again(network, tmp_path):
    folder = tmp_path / "cache"
    fresh = ticks(network, folder)
    (path,) = kept(folder)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    np.testing.assert_array_equal(ticks(network, folder), fresh)
    assert path.read_bytes() != bytes(raw)


def test_files_are_believed_as_a_whole(tmp_path):
    path = tmp_path / "a" / "b.cells"
    assert read_arrays(path) is None
    write_arrays(path, {"a": np.arange(3)})
    np.testing.assert_array_equal(read_arrays(path)["a"], [0, 1, 2])
    raw = path.read_bytes()
    for damaged in (raw[:-1], raw[:DIGEST_BYTES], b"", raw[1:]):
        path.write_bytes(damaged)
        with pytest.raises(DamagedError):
            read_arrays(path)


def test_what_does_not_fit_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(path, content):
        with path.open("wb") as stream:
            stream.write(content[:9])
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        write_arrays(tmp_path / "a.cells", {"a": np.arange(3)})
    assert not list(tmp_path.iterdir())
