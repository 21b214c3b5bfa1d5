"""The web map as text: one file, no network, the same bytes; wrong frames are refused."""

from __future__ import annotations

import re
from typing import Any

import folium
import numpy as np
import pandas as pd
import pytest

from kepu.maps.content import Reach
from kepu.maps.offline import OfflineFigure, UnknownAssetError, script
from kepu.maps.pack import Part, packed
from kepu.maps.tiles import osm, own_server, tianditu
from kepu.maps.web import web_map

from .made_district import HOSTILE, hostile_study, study
from .page_blocks import block


@pytest.fixture(scope="module")
def page() -> str:
    return web_map(**study())


def test_two_builds_are_the_same_bytes(page: str) -> None:
    assert web_map(**study()) == page


def test_page_names_no_outside_resource(page: str) -> None:
    assert not re.findall(r"""(?:src|href)\s*=\s*\\?["']?(?:https?:)?//""", page)
    assert not re.findall(r"""(?:url\(|@import|sourceMappingURL)\s*["']?(?!data:|#)\S""", page)
    assert "<link" not in page
    assert "jquery" not in page.lower()
    assert "Volodymyr Agafonkin" in page


def test_policy_allows_only_the_pages_own_code(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert policy.start() < page.index("<script")
    assert not re.search(r"<[a-z][^<>]*\son[a-z]+=", page.split("<body>")[1].split("<script")[0])


def test_overhead_without_data_is_small(page: str) -> None:
    data = sum(map(len, re.findall(r'<script type="text/plain"[^<]*</script>', page)))
    assert len(page.encode()) - data < 360_000
    assert len(page.encode()) < 700_000


def test_unknown_link_stops() -> None:
    figure = OfflineFigure("t")
    sheet = folium.Map(tiles=None)
    figure.add_child(sheet)
    sheet.default_js = [*sheet.default_js, ("d3", "https://example.org/d3.js")]
    with pytest.raises(UnknownAssetError, match=r"d3: https://example\.org/d3\.js"):
        figure.render()


def test_code_cannot_end_its_block() -> None:
    inside = script("a='</script>';b='<!--';c='<a href=\"https://x.y\">'\n//# sourceMappingURL=z")
    assert inside == "<script>a='<\\/script>';b='<\\!--';c='<a href=\"#\">'</script>"


@pytest.mark.parametrize("text", HOSTILE)
def test_data_block_is_inert_and_exact(text: str) -> None:
    html = packed("x", {text: [text, None, 1.5, True, b"\x00<", np.array([True, False])]})
    assert re.fullmatch(r'<script type="text/plain" id="x">[A-Za-z0-9+/=]*</script>', html)
    assert block(html, "x") == {text: [text, None, 1.5, True, b"\x00<", [1, 0]]}


@pytest.mark.parametrize(
    "numbers", [[], [0], [255], [256], [-1, 0xFFFFFF], [2**31 - 1, 0], [-(2**31), -1], [7] * 300]
)
def test_whole_numbers_return(numbers: list[int]) -> None:
    assert block(packed("x", np.array(numbers, np.int64)), "x") == numbers


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (np.array([0.5]), TypeError),
        (np.zeros((2, 2), int), TypeError),
        (np.array([2**31]), ValueError),
        (np.array([-1, 2**32]), ValueError),
        (float("nan"), ValueError),
        ({"a": {1, 2}}, TypeError),
    ],
)
def test_what_cannot_be_packed_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        packed("x", value)


def test_hostile_text_arrives_as_given() -> None:
    data = hostile_study()
    html = web_map(**data)
    seen = block(html, "kepu-data")
    assert seen["title"] == "".join(HOSTILE)
    assert seen["places"]["name"] == list(data["places"]["name"])
    assert seen["flags"]["sentence"] == list(data["flags"]["sentence"])
    assert html.count("<script>") == page_scripts(html)


def page_scripts(html: str) -> int:
    policy = re.search(r"script-src ([^;]*);", html)
    assert policy
    return len(policy[1].split())


def test_a_part_brings_its_own_block_and_script(page: str) -> None:
    part = Part("extra", ("web_text.js",), "web.css", {"n": np.arange(3)})
    html = web_map(**study(parts=[part]))
    assert block(html, "kepu-extra") == {"n": [0, 1, 2]}
    assert html.count("<script>") == page.count("<script>") + 1
    assert html.count("<style>") == page.count("<style>") + 1
    assert html.index("kepu-extra") < html.index("kepu.start(map_kepu)")


def images(html: str) -> str:
    policy = re.search(r"img-src ([^;]*);", html)
    assert policy
    return policy[1]


def test_tiles_are_let_in_only_if_the_study_names_them(page: str) -> None:
    assert images(page) == "data:"
    assert block(page, "kepu-data")["tiles"] is None
    assert "tianditu" not in page
    html = web_map(**study(tiles=tianditu("abc")))
    assert images(html).split()[1:] == [f"https://t{n}.tianditu.gov.cn" for n in range(8)]
    assert "connect-src 'none'" in html
    told = block(html, "kepu-data")["tiles"]
    assert [url[-6:] for url in told["urls"]] == ["tk=abc", "tk=abc"]
    assert told["datum"] == "WGS84"
    assert images(web_map(**study(tiles=osm()))).split()[1:] == ["https://tile.openstreetmap.org"]


def test_a_server_of_ones_own_needs_a_template_and_a_datum() -> None:
    found = own_server("http://10.1.2.3:8080/t/{z}/{x}/{y}.png", "GCJ02")
    assert (found.origins, found.datum) == (["http://10.1.2.3:8080"], "GCJ02")
    assert own_server("https://a.b/{z}/{x}/{y}", "CGCS2000").datum == "WGS84"
    for url, datum in (
        ("ftp://a/{z}/{x}/{y}", "WGS84"), ("http:///{z}/{x}/{y}", "WGS84"),
        ("http://a/{z}/{x}", "WGS84"), ("http://a/{z}/{x}/{y}", "BD09"),
        ("http://a; script-src */{z}/{x}/{y}", "WGS84"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="tiles"):
            own_server(url, datum)


def _short_reach(data: dict[str, Any]) -> None:
    one = data["reach"][0]
    ticks = dict(one.ticks) | {"rural.bookhouse": one.ticks["rural.bookhouse"][1:]}
    data["reach"] = [Reach(**(vars(one) | {"ticks": ticks}))]


def _strange_venue(data: dict[str, Any]) -> None:
    one = data["reach"][0]
    venue = dict(one.venue) | {"room.community": one.venue["room.community"] + 300}
    data["reach"] = [Reach(**(vars(one) | {"venue": venue}))]


def _strange_flag(data: dict[str, Any]) -> None:
    data["flags"].loc[0, "id"] = "441899"


def _strange_group(data: dict[str, Any]) -> None:
    data["standards"].loc["room", "group"] = "pupils"


def _strange_type(data: dict[str, Any]) -> None:
    data["venues"].loc["V001", "type"] = "museum.moon"


def _unsorted(data: dict[str, Any]) -> None:
    data["venues"] = data["venues"].iloc[::-1]


def _double_coverage(data: dict[str, Any]) -> None:
    data["coverage"] = pd.concat([data["coverage"], data["coverage"].iloc[:1]])


def _metric(data: dict[str, Any]) -> None:
    data["places"] = data["places"].to_crs(32649)


def _metric_base(data: dict[str, Any]) -> None:
    data["base"]["rail"] = data["base"]["rail"].to_crs(32649)


def _strange_base(data: dict[str, Any]) -> None:
    data["base"]["tram"] = data["base"]["rail"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_strange_group, "standards.group.*pupils"),
        (_double_coverage, "rows twice"),
        (_short_reach, "'rural.bookhouse' by walk must hold each place once"),
        (_strange_venue, "'room.community' by walk refers to unknown venues"),
        (_strange_type, "museum.moon"),
        (_unsorted, "sorted by id"),
        (_strange_flag, "441899"),
        (_metric, "`places` must be in EPSG:4326"),
        (_metric_base, "rail"),
        (_strange_base, "tram"),
    ],
)
def test_wrong_frames_are_refused(spoil: Any, says: str) -> None:
    data = study()
    spoil(data)
    with pytest.raises(ValueError, match=says):
        web_map(**data)


def test_town_without_coverage_is_refused() -> None:
    data = study()
    data["coverage"] = data["coverage"].iloc[:-1]
    with pytest.raises(KeyError):
        web_map(**data)


def test_a_district_without_venues_or_flags() -> None:
    data = study(measures=[], isochrones=None, branches=None)
    data["flags"] = data["flags"].iloc[:0]
    data["venues"] = data["venues"].iloc[:0]
    data["reach"] = [
        Reach(one.mode, one.connected, one.walk_ms, np.zeros(0, int), {}, {}, {})
        for one in data["reach"]
    ]
    data["coverage"]["covered"] = 0
    seen = block(web_map(**data), "kepu-data")
    assert seen["reach"][0]["ticks"] == {}
    assert seen["venues"]["id"] == []


def test_a_base_map_may_be_missing() -> None:
    assert block(web_map(**study(base={})), "kepu-base") == {}
