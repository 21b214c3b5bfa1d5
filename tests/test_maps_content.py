"""What the page is told: every number and word as given, less on a public page."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kepu.maps.content_answers import LEAST_FLAGS, MOST_FLAGS
from kepu.maps.fold import strip_steps, walk_through
from kepu.maps.payload import branches_columns, encode, grid_points, rings
from kepu.maps.web import web_map

from .made_district import TOWNS, TYPES, coverage_of, study
from .page_blocks import block, decode, unfolded


@pytest.fixture(scope="module")
def page() -> str:
    return web_map(**study())


def test_lines_return_on_a_grid_of_one_metre() -> None:
    lines = [
        shapely.LineString([(113.123456, 23.654321), (113.2, 23.7), (112.9, 23.1)]),
        shapely.LineString([(-0.5, 0), (-0.5, 0), (179.99999, -89)]),
    ]
    assert decode(encode(lines)) == [
        [(113.12346, 23.65432), (113.2, 23.7), (112.9, 23.1)],
        [(-0.5, 0.0), (179.99999, -89.0)],
    ]
    assert decode(encode([])) == []


def test_points_keep_their_order_and_number() -> None:
    points = gpd.GeoSeries(gpd.points_from_xy([1, 1, 2.000011], [3, 3, -4]))
    fine = grid_points(points)
    assert fine["lng"].tolist() == [100_000, 100_000, 200_001]
    assert fine["lat"].tolist() == [300_000, 300_000, -400_000]
    coarse = grid_points(gpd.GeoSeries(gpd.points_from_xy([113.12345], [23.65551])), 1e-3)
    assert (coarse["lng"][0], coarse["lat"][0]) == (11_312_300, 2_365_600)
    assert len(grid_points(points[:0])["lng"]) == 0


def test_rings_of_many_polygons_with_holes() -> None:
    hole = shapely.Point(0, 0).buffer(2).difference(shapely.Point(0, 0).buffer(1))
    both = shapely.MultiPolygon([hole, shapely.box(5, 5, 6, 6)])
    assert len(rings(both)) == 3
    assert len(rings(shapely.Polygon())) == 0
    assert len(rings(shapely.GeometryCollection([both, shapely.Point(1, 1)]))) == 3


def test_numbers_are_those_of_the_frames(page: str) -> None:
    data, seen = study(), block(page, "kepu-data")
    for one, told in zip(data["reach"], unfolded(seen), strict=True):
        assert told["mode"] == one.mode
        for kind in TYPES:
            assert told["ticks"][kind] == one.ticks[kind].tolist()
            assert told["venue"][kind] == one.venue[kind].tolist()
    for name in ("people", "farmers"):
        assert seen["places"]["groups"][name] == data["places"][name].tolist()
    table = data["coverage"].set_index(["standard", "scope", "code"])
    for standard in seen["standards"]:
        proof = standard["proof"]
        for code, told in zip(TOWNS, proof["towns"], strict=True):
            row = table.loc[(standard["key"], "town", code)]
            assert told == [row["people"], row["covered"], row["not_connected"]]
        assert proof["district"][1] == sum(told[1] for told in proof["towns"])


def test_ways_and_rings_keep_their_order(page: str) -> None:
    data, seen = study(), block(page, "kepu-data")
    ways, told = data["branches"]["room"], seen["branches"]["room"]
    assert told["start"] == ways.start.tolist()
    assert told["parent"] == ways.parent.tolist()
    lines = decode(told["lines"])
    assert len(lines) == len(ways.line)
    assert lines[5][0] == pytest.approx(ways.line[5].coords[0], abs=1e-5)
    by_venue = itertools.groupby(seen["isochrones"], lambda ring: ring["venue"])
    for venue, drawn in by_venue:
        assert [ring["minutes"] for ring in drawn] == [15.0, 7.5]
        assert data["venues"]["type"].iloc[venue] == "room.community"


def test_empty_ring_is_left_out() -> None:
    data = study()
    first = data["isochrones"]["venue"].iloc[0]
    data["isochrones"].loc[data["isochrones"]["venue"] == first, "geometry"] = (
        shapely.MultiPolygon()
    )
    before = len(study()["isochrones"])
    assert len(block(web_map(**data), "kepu-data")["isochrones"]) == before - 2


PUBLIC_SMALL = 3


@pytest.fixture(scope="module")
def public() -> tuple[dict[str, Any], str]:
    data = study(audience="public")
    data["places"].loc["P004", "people"] = PUBLIC_SMALL
    data["places"]["officials"] = 1 + np.arange(len(data["places"])) % 40
    data["places"]["farmers"] = data["places"]["farmers"].clip(lower=5)
    data["coverage"] = coverage_of(data["standards"], data["places"], data["reach"])
    return data, web_map(**data)


def test_a_public_page_keeps_small_counts_to_itself(public: tuple[dict[str, Any], str]) -> None:
    data, html = public
    seen = block(html, "kepu-data")["places"]
    assert seen["shown"] == [int(place != "P004") for place in data["places"].index]
    assert (seen["name"][4], seen["id"][4], seen["lat"][4]) == ("", "", 0)
    assert "officials" not in seen["groups"]
    assert set(seen["groups"]) == {"people", "farmers"}
    # sums stay exact: a district that loses people is a wrong number that looks right
    assert sum(seen["groups"]["people"]) == data["places"]["people"].sum()
    assert seen["name"][5] == data["places"]["name"].iloc[5]


def test_no_flag_of_a_public_page_tells_what_its_places_keep_back() -> None:
    data = study(audience="public")
    data["places"].loc["P004", "people"] = PUBLIC_SMALL
    data["coverage"] = coverage_of(data["standards"], data["places"], data["reach"])
    one = dict(data["flags"][data["flags"]["kind"] == "place"].iloc[0])
    flags = [one | {"id": place, "sentence": f"{place}："} for place in ("P004", "P005")]
    data["flags"] = pd.DataFrame(flags)
    assert block(web_map(**data), "kepu-data")["flags"]["sentence"] == ["P005："]
    inside = data | {"audience": "internal"}
    assert block(web_map(**inside), "kepu-data")["flags"]["sentence"] == ["P004：", "P005："]
    data["standards"].loc[one["standard"], "group"] = "farmers"
    data["places"].loc["P006", "farmers"] = PUBLIC_SMALL
    data["coverage"] = coverage_of(data["standards"], data["places"], data["reach"])
    assert block(web_map(**data), "kepu-data")["flags"]["sentence"] == []


def test_no_way_of_a_public_page_leads_to_a_door() -> None:
    assert block(web_map(**study()), "kepu-data")["branches"]
    assert block(web_map(**study(audience="public")), "kepu-data")["branches"] == {}


def test_no_measure_of_a_public_page_tells_of_a_group_of_few() -> None:
    data = study(audience="public")
    data["standards"].loc["room", "group"] = "farmers"
    data["coverage"] = coverage_of(data["standards"], data["places"], data["reach"])
    measured = [one.key for one in data["measures"] if one.standard == "room"]
    whole = block(web_map(**data), "kepu-data")["measures"]
    assert [one["key"] for one in whole if one["standard"] == "room"] == measured != []
    data["places"].loc["P006", "farmers"] = PUBLIC_SMALL
    data["coverage"] = coverage_of(data["standards"], data["places"], data["reach"])
    told = block(web_map(**data), "kepu-data")["measures"]
    assert [one["standard"] for one in told] == [
        one["standard"] for one in whole if one["standard"] != "room"
    ]


def test_a_public_page_rounds_its_points(public: tuple[dict[str, Any], str]) -> None:
    seen = block(public[1], "kepu-data")
    for frame in ("places", "venues"):
        assert all(step % 100 == 0 for axis in ("lat", "lng") for step in seen[frame][axis])
    inside = block(web_map(**study()), "kepu-data")["places"]["lat"]
    assert any(step % 100 for step in inside)


def test_of_too_many_flags_the_first_are_told() -> None:
    data = study()
    one = data["flags"].iloc[[0]]
    data["flags"] = pd.concat([one] * 5000, ignore_index=True)
    told = block(web_map(**data), "kepu-data")["flags"]
    at = list(data["standards"].index).index(one["standard"].iloc[0])
    most = max(LEAST_FLAGS, MOST_FLAGS // len(data["standards"]))
    assert len(told["sentence"]) == most
    assert told["more"][at] == 5000 - most
    assert sum(told["more"]) == 5000 - most


def test_of_too_many_routes_those_of_most_people_stay() -> None:
    line = shapely.LineString([(113, 23), (113.1, 23), (113.2, 23)])
    ways = SimpleNamespace(
        start=np.array([0, 1, 2, -1]),
        parent=np.array([3, 3, -1, -1]),
        line=np.array([line, line, line, line], object),
    )
    people = np.array([5, 9, 7, 100])
    told = branches_columns(ways, people, 9)
    assert told["start"].tolist() == [-1, 0, 1, -1]
    assert told["parent"].tolist() == [2, -1, -1]
    assert len(decode(told["lines"])) == 3
    whole = branches_columns(ways, people, 12)
    assert whole["start"].tolist() == [0, 1, 2, -1]
    assert whole["parent"].tolist() == [3, 3, -1, -1]


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=40))
def test_strips_lead_through_every_place_once(points: list[tuple[int, int]]) -> None:
    lat, lng = np.array(points).T
    strip = strip_steps(lat, lng)
    order = walk_through(lat, lng, strip)
    assert sorted(order) == list(range(len(points)))
    assert (np.diff(lat[order] // strip) >= 0).all()
