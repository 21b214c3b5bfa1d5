"""Scenarios by hand: picked on the map, told above it, written to a file and read back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kepu.atlas_measures import ACCESS
from kepu.maps.pack import Part, packed
from kepu.maps.web import web_map
from kepu.maps.whatif import Reached, Spots, whatif_part

from .browsing import Visit, chromium, made_study, printed
from .made_district import HORIZON, HOSTILE, TYPES, hostile_study, ticks_between
from .test_page_safety import CONTRAST

pytestmark = pytest.mark.browser

__all__ = ["chromium"]
Opened = Callable[..., Visit]
SPOTS, HOST = 40, "rural.bookhouse"
LIMIT = 9000
MORE_THAN_ALL = 100_000_000


def scenarios(most_bytes: int, data: dict[str, Any], types: dict[str, str] = TYPES) -> Part:
    """Some places, and one reading room that could take in more, beside all venues."""
    places, venues = data["places"], data["venues"]
    host = int(np.flatnonzero((venues["type"] == HOST) & (venues["status"] == "open"))[0])
    points = places.geometry.iloc[:SPOTS]
    lon, lat = np.rint(np.column_stack([points.x, points.y]) * 1e7).astype(np.int64).T
    at = venues.geometry.iloc[host]
    spots = Spots(
        id=[*points.index, venues.index[host]],
        name=[*places["name"].iloc[:SPOTS], venues["name"].iloc[host]],
        origin=[*["place"] * SPOTS, "host"],
        types=[""] * (SPOTS + 1),
        host=np.append(np.full(SPOTS, -1), host),
        lon=np.append(lon, round(at.x * 1e7)),
        lat=np.append(lat, round(at.y * 1e7)),
        left=7,
    )
    tables = []
    for mode, rows in data["standards"].groupby("mode"):
        ticks = ticks_between(places, venues.geometry, mode)
        there = [ticks, ticks_between(places, points, mode), ticks[:, [host]]]
        table = np.hstack(there).astype(np.uint32)
        sites = np.arange(table.shape[1])
        tables.append(Reached(mode, "", sites, table, HORIZON, list(rows["minutes"])))
    return whatif_part(
        tables,
        along=np.arange(len(places))[::-1],
        venue=np.arange(len(venues)),
        spots=spots,
        names=types,
        access=ACCESS,
        most_bytes=most_bytes,
    )


def up_to_the_threshold() -> int:
    """Return so many bytes that times end just at the longest threshold of a mode, 15 min."""
    most = MORE_THAN_ALL
    while True:
        block: Any = scenarios(most, made_study()).block
        limits = [table["limit"] for table in block["tables"]]
        if min(limits) <= LIMIT:
            assert min(limits) == LIMIT
            return most
        most = sum(len(packed("", table)) for table in block["tables"]) - 1


VISITS: dict[int, Visit] = {}
FOLLOWED = """async (state) => {
  const rest = () => new Promise((done) => setTimeout(done, 10));
  // what was set back is written into the address a little later
  while (kepu.page.address() !== location.href) await rest();
  if (location.hash === state) return;
  const heard = new Promise((done) => window.addEventListener('hashchange', done, { once: true }));
  location.hash = state;
  await heard;
  await rest();
  await Promise.all(document.getAnimations().map((one) => one.finished));
}"""
"""Follows a link within the page."""


@pytest.fixture
def opened(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Show the page with scenarios as a link has it; `most_bytes` trims its times."""

    def at(state: str = "", most_bytes: int = MORE_THAN_ALL) -> Visit:
        if most_bytes not in VISITS:
            path = tmp_path_factory.mktemp("scenarios") / "map.html"
            html = web_map(**(made_study() | {"parts": [scenarios(most_bytes, made_study())]}))
            path.write_text(html, encoding="utf-8", newline="\n")
            VISITS[most_bytes] = Visit(chromium, path, at=state)
            return VISITS[most_bytes]
        visit = VISITS[most_bytes]
        visit.set_back()
        visit.page.evaluate(FOLLOWED, state)
        return visit

    yield at
    faults = [one for visit in VISITS.values() for one in (*visit.requests, *visit.complaints)]
    if faults:
        VISITS.clear()
    assert faults == []


def store(visit: Visit, name: str) -> Any:
    return visit.page.evaluate("(name) => kepu.page.store.get()[name]", name)


def test_sites_are_picked_on_the_map(opened: Opened) -> None:
    visit = opened("#tab=whatif")
    places = made_study()["places"]
    button = visit.page.get_by_role("button", name="在地图上点选")
    button.click()
    assert "可点选" in visit.text("#legend")
    x, y = visit.go(places, "P012", 15)
    visit.page.mouse.click(x, y)
    assert store(visit, "open") == ["@P012=room.community"]
    assert store(visit, "pick") == ""
    name = places.at["P012", "name"]
    assert f"新设于{name}" in visit.text("#scenario")
    visit.page.mouse.click(x, y)
    assert store(visit, "open") == []
    assert not visit.page.locator("#scenario").is_visible()
    visit.page.keyboard.press("Escape")
    assert button.get_attribute("aria-pressed") == "false"
    visit.page.mouse.click(x, y)
    assert (store(visit, "open"), store(visit, "pick")[:2]) != ([], "")


def test_a_place_names_the_new_venue_that_it_goes_to(opened: Opened) -> None:
    visit = opened("#open=%40P012%3Droom.community&pick=p%3AP012")
    name = made_study()["places"].at["P012", "name"]
    assert f"最近设施{name}（推演新设）" in visit.text(".card .rows")
    assert visit.text(".card .verdict b") == printed(780)
    assert "新设" in visit.text("#legend")


def test_the_threshold_moves_with_the_scenario(opened: Opened) -> None:
    visit = opened("#tab=whatif&open=%40P012%3Droom.community")
    before = visit.text("#headline .big")
    slide = visit.page.locator("#panel-whatif input[type=range]")
    slide.fill("30")
    assert store(visit, "minutes") == 30
    assert visit.text("#headline .big") != before
    assert "30 分钟" in visit.text("#panel-whatif output")


def test_a_scenario_goes_to_a_file_and_back_by_hand(opened: Opened, tmp_path: Path) -> None:
    visit = opened("#tab=whatif")
    venues = made_study()["venues"]
    used = venues[venues["type"] == "room.community"]
    shut, new = (
        used.index[used["status"] == "open"][0],
        used.index[used["status"] == "candidate"][0],
    )
    host = venues.index[(venues["type"] == HOST) & (venues["status"] == "open")][0]
    state = {
        "close": [shut], "open": [new, "@P003=room.community", f"@{host}=room.community"],
    }  # fmt: skip
    visit.page.evaluate("(state) => kepu.page.store.set(state)", state)
    visit.page.get_by_label("情景名称").fill('甲"乙')
    with visit.page.expect_download() as told:
        visit.page.get_by_role("button", name="导出情景文件").click()
    text = Path(told.value.path()).read_text("utf-8")
    found = tomllib.loads(text)
    assert found["name"] == '甲"乙'
    assert [edit["do"] for edit in found["edits"]] == [
        *("open_venue", "close_venue", "add_venue", "upgrade_venue")
    ]
    visit.page.get_by_role("button", name="全部还原").click()
    assert store(visit, "open") == []
    file = tmp_path / "方案.toml"
    file.write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    visit.page.locator("input[type=file]").set_input_files(file)
    visit.page.get_by_text("已载入 方案.toml").wait_for()
    assert {key: store(visit, key) for key in state} == state
    file.write_text('name = "x"\n[[edits]]\ndo = "close_roads"\nname = "桥"\n', encoding="utf-8")
    visit.page.locator("input[type=file]").set_input_files(file)
    visit.page.get_by_text("不能载入 方案.toml").wait_for()
    assert {key: store(visit, key) for key in state} == state
    visit.page.get_by_role("button", name="撤销一步").click()
    assert store(visit, "close") == []


def loaded(visit: Visit, tmp_path: Path, text: str) -> str:
    """Load a file by hand; return what is said of it."""
    file = tmp_path / "手写.toml"
    file.write_text(text, encoding="utf-8")
    message = visit.page.locator("#panel-whatif p[role=status]")
    message.evaluate("(one) => { one.textContent = ''; }")
    visit.page.locator("input[type=file]").set_input_files(file)
    message.filter(has_text="载入").wait_for()
    return str(message.text_content())


def test_a_file_written_by_hand_is_read_or_told_why_not(opened: Opened, tmp_path: Path) -> None:
    visit = opened("#tab=whatif")
    data = made_study()
    used = data["venues"][data["venues"]["type"] == "room.community"]
    shut = list(used.index[used["status"] == "open"][:2])
    listed = (
        f'[[edits]]\ndo = "close_venue"\nvenue = [\n  "{shut[0]}",\n  # 一处\n  "{shut[1]}",\n]\n'
    )
    assert loaded(visit, tmp_path, listed) == "已载入 手写.toml"
    assert store(visit, "close") == shut
    again = f'[[edits]]\ndo = "open_venue"\nvenue = ["{shut[0]}"]\n'
    assert loaded(visit, tmp_path, listed + again) == "已载入 手写.toml"
    assert store(visit, "close") == shut[1:]
    at = data["places"].geometry.loc["P003"]
    lon, lat = (round(x * 1e7) / 1e7 for x in (at.x, at.y))
    new = (
        f'[[edits]]\ndo = "add_venue"\nid = "N"\ntype = "room.community"\nlon = {lon}\n'
        f'lat = {lat}\ncapacity = 60\nhours = "09:00-21:00"\n'
    )
    assert loaded(visit, tmp_path, new).endswith("网页不用、也不再导出：容量、开放时间")
    assert store(visit, "open") == ["@P003=room.community"]
    flood = '[[edits]]\ndo = "close_roads"\narea = [\n  [113.0, 23.6],\n  [113.1, 23.6],\n]\n'
    for text, why in (
        (flood, "须重新计算，请用 kepu whatif"), (f"{listed}{listed}", "本来没有在用"),
        ("[[edits]]\ndo = 'close_venue'\n", "第 2 行看不懂，请用 kepu whatif"),
        ('[[edits]]\ndo = "close_venue"\nvenue = ["V1"\n[[edits]]\n', "第 3 行看不懂"),
        ('[[edits]]\ndo = "close_venue"\nvenue = ["V1"\n', "第 3 行看不懂"),
    ):  # fmt: skip
        assert why in loaded(visit, tmp_path, text)
        assert store(visit, "open") == ["@P003=room.community"]


def test_no_picture_of_a_scenario_looks_like_the_present(opened: Opened) -> None:
    visit = opened("#open=%40P012%3Droom.community")
    visit.page.locator("#print").click()
    assert visit.text("#sheet-scenario").startswith("推演方案，不是现状：新设于")
    visit.page.locator("#print-close").click()
    visit.page.locator("#measure button", has_text="可达性").click()
    assert "仍是现状" not in visit.text("#scenario")
    visit.page.evaluate("kepu.page.store.set({ minutes: 12, measure: 'priority' })")
    assert "优先级仍是现状" in visit.text("#scenario")
    visit.page.select_option("#standard", "base")
    assert "对本标准没有影响" in visit.text("#scenario")


def test_a_link_that_names_what_is_not_there_says_so(opened: Opened) -> None:
    visit = opened("#tab=whatif&open=%40P999%3Droom.community")
    assert "1 处在本页找不到，没有计入" in visit.text("#scenario")
    assert "@P999=room.community：本页没有，未计入" in visit.text("#panel-whatif")


def test_the_page_says_which_candidates_it_offers(opened: Opened) -> None:
    visit = opened("#tab=whatif")
    text = "".join(visit.texts("#panel-whatif .basis"))
    assert f"居民点 {SPOTS} 处、可加挂的场所 1 处" in text
    assert f"候选共 {SPOTS + 8} 处，本页只载人口最多的" in text


def test_trimmed_times_are_never_told_as_numbers(opened: Opened) -> None:
    whole, short = opened(), opened(most_bytes=up_to_the_threshold())
    venues = made_study()["venues"]
    shut = list(venues.index[(venues["type"] == "room.community") & (venues["status"] == "open")])
    for state in ({"close": shut}, {"close": shut[::2], "open": ["@P012=room.community"]}):
        told = []
        for visit in (whole, short):
            visit.page.evaluate("(state) => kepu.page.store.set(state)", {"open": [], **state})
            told.append(visit.page.evaluate(
                "[kepu.page.answer.district, kepu.page.answer.towns, kepu.page.answer.limit]"
            ))  # fmt: skip
        assert told[0] == told[1]
        exact, seen = (
            np.array(v.page.evaluate("Array.from(kepu.page.answer.found.ticks)"))
            for v in (whole, short)
        )
        np.testing.assert_array_equal(seen, np.where(exact <= 9000, exact, 0xFFFFFF))
        assert (exact > 9000).any()
    assert "15.0 分钟以内的时间，更长的不作数" in short.text("#scenario")
    assert "超过 15.0 分或未到达" in short.text("#legend")
    short.page.evaluate("kepu.page.store.set({ minutes: 20 })")
    assert "图和数字是现状，推演没有计入" in short.text("#scenario")
    assert "wrong" in short.page.locator("#scenario").get_attribute("class")
    assert short.page.evaluate("kepu.page.answer === kepu.page.plain")


SAME = """() => {
  const sheet = Object.values(map_kepu._layers).find((one) => one.options.pane === 'kepu-marks');
  const canvas = map_kepu.getPane('kepu-marks').querySelector('canvas');
  const dots = () => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, canvas.width, canvas.height).data;
  };
  const before = dots();
  sheet.paint();
  const after = dots();
  const apart = before.filter((one, i) => Math.abs(one - after[i]) > 40).length;
  return [apart, before.some((one) => one > 0)];
}"""
SEAM = 16
"""Values of dots: where the edge of the part cuts a rim, a dot or two are smoothed otherwise."""


def seam(visit: Visit) -> int:
    apart, is_painted = visit.page.evaluate(SAME)
    assert is_painted
    return int(apart)


def test_what_is_painted_in_part_is_what_is_painted_whole(opened: Opened) -> None:
    visit = opened("#tab=whatif")
    visit.page.evaluate("kepu.SPECK_PX = 5")  # some of the places are specks
    seam(visit)
    venues = made_study()["venues"]
    shut = list(venues.index[(venues["type"] == "room.community") & (venues["status"] == "open")])
    states = [
        {"open": ["@P012=room.community"]}, {"close": shut[:3]}, {"open": []},
        {"open": ["@P030=room.community", "@P001=room.community"]}, {"close": shut[1:9]},
        {"open": [], "close": []},
    ]  # fmt: skip
    for state in states:
        visit.page.evaluate("(state) => kepu.page.store.set(state)", state)
        assert seam(visit) <= SEAM, state
    visit.page.evaluate("map_kepu.setZoom(14, { animate: false })")
    visit.page.evaluate("kepu.page.store.set({ close: kepu.page.data.venues.id.slice(0, 90) })")
    assert seam(visit) <= SEAM


def test_the_tab_of_scenarios_can_be_read(opened: Opened) -> None:
    visit = opened("#tab=whatif&open=%40P012%3Droom.community,%40P999%3Droom.community")
    visit.page.locator("#panel-whatif ul.list input").first.wait_for()
    assert visit.page.evaluate(CONTRAST) == []
    visit.page.evaluate("kepu.page.store.set({ tab: 'list' })")
    visit.page.evaluate("document.querySelector('.menu').open = true")
    visit.page.fill("#search", "镇")
    assert visit.page.evaluate(CONTRAST) == []
    visit.page.keyboard.press("Escape")
    visit.page.locator("#print").click()
    assert visit.page.evaluate(CONTRAST) == []


def test_hostile_names_are_only_text_in_scenarios_too(chromium: Any, tmp_path: Path) -> None:
    data, text = hostile_study(), "".join(HOSTILE)
    parts = [scenarios(MORE_THAN_ALL, data, data["types"])]
    path = tmp_path / "map.html"
    path.write_text(web_map(**(data | {"parts": parts})), encoding="utf-8", newline="\n")
    visit = Visit(chromium, path, at="#tab=whatif")
    place, name = data["places"].index[12], data["places"]["name"].iloc[12]
    code = f"@{place}=room.community"
    visit.page.evaluate("(code) => kepu.page.store.set({ open: [code, code + '<b>'] })", code)
    assert f"新设于{name}" in visit.text("#scenario")
    assert name in visit.text("#panel-whatif ul.drop")
    assert text in visit.text("#panel-whatif ul.drop small")
    visit.page.locator("#panel-whatif ul.list input").first.wait_for()
    assert text in visit.text("#panel-whatif ul.list")
    scenario = tomllib.loads(visit.page.evaluate("kepu.whatif.actions.exported(kepu.page)"))
    assert scenario["edits"][0]["name"] == name + data["types"]["room.community"]
    other = Visit(chromium, path, at=visit.page.evaluate("kepu.page.address()")[len(visit.home) :])
    assert other.page.evaluate("kepu.page.store.get().open[0]") == code
    for one in (visit, other):
        assert one.page.evaluate("window.__x === undefined")
        assert [*one.requests, *one.complaints] == []
        one.page.close()
