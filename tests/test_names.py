"""Names of OpenStreetMap: every name of every place, at a point that lies in it."""

from __future__ import annotations

from pathlib import Path

import osmium
import pytest

from kepu.geo.errors import NetworkError
from kepu.geo.names import read_names

MONACO = Path(__file__).parents[2] / "shared" / "fixtures" / "osm_monaco" / "monaco.osm.pbf"


def write(
    path: Path,
    nodes: dict[int, tuple[float, float, dict[str, str]]],
    ways: dict[int, tuple[list[int], dict[str, str]]] | None = None,
) -> Path:
    with osmium.SimpleWriter(str(path), overwrite=True) as file:
        for number, (lon, lat, tags) in nodes.items():
            file.add_node(osmium.osm.mutable.Node(id=number, location=(lon, lat), tags=tags))
        for number, (refs, tags) in (ways or {}).items():
            file.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    return path


def test_nodes_and_ways(tmp_path: Path) -> None:
    nodes = {
        1: (113.0, 23.0, {"place": "hamlet", "name": "大塘", "alt_name": "塘村;旧塘"}),
        2: (113.1, 23.1, {"amenity": "school", "name": "青龙小学", "building": "yes"}),
        3: (113.2, 23.2, {"addr:street": "人民一路", "addr:housenumber": "12"}),
        4: (113.2, 23.3, {"amenity": "bench"}),
        5: (113.2, 23.3, {"name": "没有类别"}),
        6: (113.4, 23.4, {"shop": "books", "name": "书店", "addr:street": "桥北路",
                          "addr:housenumber": "3号"}),
        7: (113.5, 23.5, {"building": "no", "name": "拆了"}),
        8: (113.5, 23.6, {"addr:street": "只有路名"}),
        9: (113.5, 23.7, {"addr:housenumber": "8"}),
        11: (113.0, 23.0, {}), 12: (113.004, 23.0, {}), 13: (113.004, 23.004, {}),
    }  # fmt: skip
    ways = {
        1: ([11, 12, 13, 11], {"leisure": "park", "name": "公园甲", "name:zh": "公园甲"}),
        2: ([11, 12, 99], {"tourism": "attraction", "name": "堤"}),
        3: ([98, 99], {"office": "government", "name": "没有点"}),
        4: ([11, 99], {"building": "civic", "name": "剩一点"}),
    }
    names = read_names(write(tmp_path / "a.osm.pbf", nodes, ways))
    rows = {row.name: row for row in names.itertuples(index=False)}
    assert list(names.columns) == ["name", "lon", "lat", "kind"]
    assert {name: row.kind for name, row in rows.items()} == {
        "大塘": "place:hamlet", "塘村": "place:hamlet", "旧塘": "place:hamlet",
        "青龙小学": "amenity:school", "人民一路12号": "address", "书店": "shop:books",
        "桥北路3号": "address", "公园甲": "leisure:park", "堤": "tourism:attraction",
        "剩一点": "building:civic",
    }  # fmt: skip
    assert len(names) == len(rows)
    assert (rows["大塘"].lon, rows["大塘"].lat) == (113.0, 23.0)
    assert 113.0 < rows["公园甲"].lon < 113.004
    assert 23.0 < rows["公园甲"].lat < rows["公园甲"].lon - 89.99
    assert rows["堤"].lon == pytest.approx(113.002)


def test_nothing_named(tmp_path: Path) -> None:
    names = read_names(write(tmp_path / "a.osm.pbf", {1: (113.0, 23.0, {})}))
    assert list(names.columns) == ["name", "lon", "lat", "kind"]
    assert len(names) == 0


def test_missing_cut_and_damaged(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.osm.pbf", {1: (113.0, 23.0, {"place": "hamlet", "name": "甲"})})
    body = whole.read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(body[:-5])
    (tmp_path / "bad.osm").write_text("<osm><node", encoding="utf-8")
    for name, code in (
        ("none.osm.pbf", "E-FILE-MISSING"),
        ("cut.osm.pbf", "E-OSM-CUT"),
        ("bad.osm", "E-OSM-READ"),
    ):
        with pytest.raises(NetworkError) as error:
            read_names(tmp_path / name)
        assert error.value.faults[0].code == code


@pytest.mark.skipif(not MONACO.exists(), reason="no extract of Monaco")
def test_a_real_extract() -> None:
    names = read_names(MONACO)
    assert len(names) > 100
    assert names["lon"].between(7.3, 7.5).all()
    assert names["lat"].between(43.6, 43.8).all()
    assert (names["kind"] == "address").any()
    assert "Piscine (Rainer III) du Port Hercule" in set(names["name"])
