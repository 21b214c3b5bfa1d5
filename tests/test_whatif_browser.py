"""Scenarios in the page, in Chromium: the very counts of the analysis, over random scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kepu import atlas as drawings
from kepu.coverage.gaps import percent_down
from kepu.coverage.question import Question
from kepu.coverage.scenario_times import of_venues
from kepu.coverage.share import standard_coverage
from kepu.maps.web import web_map
from kepu.measures import answers
from kepu.passport import passport
from kepu.scenario_file import read_scenario
from kepu.scenario_keys import Scenario
from kepu.scenarios import Outcome, apply
from kepu.study import times_for

from .browsing import Visit, chromium
from .illustrative import without_land as measured

pytestmark = pytest.mark.browser

__all__ = ["chromium"]
SCENARIOS, STEP = 200, 50
MINUTES = (None, None, 7.5, 12.0, 20.0, 45.0)

ANSWER = """(asked) => asked.map((one) => {
  const page = kepu.page;
  const standard = page.data.standards.find((s) => s.key === one.standard);
  const { data, blocks: { whatif } } = page;
  page.store.set(Object.assign(kepu.choiceOf(standard), {
    minutes: one.minutes, open: one.open, close: one.close,
  }));
  const of = (s) => [s.people, s.covered, s.apart, kepu.percent(s.share)];
  const { district, urban, rural, towns, found } = page.answer;
  return {
    counts: [district, urban, rural, ...towns].map(of),
    ticks: Array.from(found.ticks),
    moved: kepu.whatif.moved(page.data, page.plain, page.answer).district,
    access: Array.from(kepu.whatif.accessOf(data, whatif, page.answer, page.store.get()).access),
  };
})"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked, now = measured()
    found = apply(asked, now, Scenario(name="现状")).assessment
    facts = passport(asked, now, found, command="kepu run", created="2026-11-01T00:00:00+00:00")
    path = tmp_path_factory.mktemp("whatif") / "map.html"
    with pytest.MonkeyPatch.context() as patch:  # slow to draw, and nothing counts with them
        patch.setattr(drawings, "rings_of", lambda *_: None)
        patch.setattr(drawings, "ways_of", lambda *_: {})
        page = web_map(**drawings.atlas(asked, now, found, facts))
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module")
def visit(chromium: Any, file: Path) -> Iterator[Visit]:
    found = Visit(chromium, file)
    yield found
    assert found.requests == []
    assert found.complaints == []
    found.page.close()


@dataclass(frozen=True, eq=False)
class Everywhere:
    """A venue wherever the page can open a new one: which column is whose, by spot."""

    outcome: Outcome
    spots: dict[str, str]


@pytest.fixture(scope="module")
def everywhere(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> Everywhere:
    """All spots of the page, by the file that the page exports."""
    spots, text = visit.page.evaluate(
        """() => {
          const { data, blocks: { whatif } } = kepu.page;
          const { id } = whatif.spots;
          const open = id.map((one) => `@${one}=room.community`);
          return [id, kepu.scenarioText(data, whatif, { open, close: [] }, '处处')];
        }"""
    )
    path = tmp_path_factory.mktemp("scenario") / "all.toml"
    path.write_text(text, encoding="utf-8")
    outcome = apply(*measured(), read_scenario(path))
    new = list(outcome.survey.venues.index[len(measured()[1].venues) :])
    hosts = [name for name in new if "+" in name]
    # the file tells new venues in the order of the spots, hosts among them
    assert [name.partition("+")[0] for name in hosts] == [s for s in spots if s in hosts_of(hosts)]
    assert len(new) == len(spots)
    return Everywhere(outcome, dict(zip(spots, new, strict=True)))


def hosts_of(twins: list[str]) -> set[str]:
    return {name.partition("+")[0] for name in twins}


OFFERED = """(key) => {
  const { data, blocks: { whatif } } = kepu.page;
  const choice = kepu.choiceOf(data.standards.find((s) => s.key === key));
  return kepu.whatif.candidates(data, whatif, choice).filter((one) => one.spot >= 0)
    .map((one) => one.code);
}"""


@pytest.fixture(scope="module")
def offered(visit: Visit) -> dict[str, list[str]]:
    """Codes of the new venues that the page offers, by standard."""
    keys = [standard.key for standard in measured()[0].wanted]
    return {key: visit.page.evaluate(OFFERED, key) for key in keys}


def scenario(rng: np.random.Generator, offered: dict[str, list[str]]) -> dict[str, Any]:
    """A standard, a threshold, some venues opened and closed, some new ones at spots."""
    asked, now = measured()
    plain = [s for s in asked.wanted if s.count == 1 and not s.opening]
    standard = plain[int(rng.integers(len(plain)))]
    venues = now.venues[now.venues["type"].isin(standard.types)]
    is_open = (venues["status"] == "open").to_numpy()
    part = float(rng.choice([0.0, 0.05, 0.3, 1.0]))
    minutes = MINUTES[int(rng.integers(len(MINUTES)))] or standard.minutes
    new = rng.choice(offered[standard.key], int(rng.integers(0, 6)), replace=False)
    return {
        "standard": standard.key,
        "minutes": float(minutes),
        "close": list(venues.index[is_open & (rng.random(len(venues)) < part)]),
        "open": [*venues.index[~is_open & (rng.random(len(venues)) < 0.3)], *map(str, new)],
    }


def counted(
    everywhere: Everywhere, one: dict[str, Any]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The same by the analysis: coverage, and the nearest ticks and the access of every place."""
    asked, now = measured()
    standard = next(s for s in asked.wanted if s.key == one["standard"])
    standard = replace(standard, minutes=one["minutes"])
    survey = everywhere.outcome.survey
    venues = survey.venues.copy()
    new = venues.index[len(now.venues) :]
    venues.loc[new, ["type", "status"]] = ["", "candidate"]
    venues.loc[one["close"], "status"] = "closed"
    for code in one["open"]:
        spot, _, kind = code[1:].rpartition("=")
        name = everywhere.spots[spot] if code[0] == "@" else code
        venues.loc[name, "status"] = "open"
        if code[0] == "@":
            venues.loc[name, "type"] = kind
    times = times_for(survey, standard)
    times = of_venues(times, venues.index, times.venues.get_indexer(venues.index))
    table = standard_coverage(standard, times, venues, now.demand, now.towns)
    used = (venues["status"] == "open") & venues["type"].isin(standard.types)
    columns = times.ticks[:, used.to_numpy()]
    access = answers([Question(standard, times, 1.0)], venues, now.demand)[0].access
    return table, columns.min(axis=1, initial=np.iinfo(np.uint32).max), access


@pytest.mark.parametrize("part", range(SCENARIOS // STEP))
def test_the_page_counts_what_the_analysis_counts(visit, everywhere, offered, part):
    rng = np.random.default_rng(part)
    asked = [scenario(rng, offered) for _ in range(STEP)]
    told = visit.page.evaluate(ANSWER, asked)
    changed = 0
    for one, page in zip(asked, told, strict=True):
        table, ticks, access = counted(everywhere, one)
        shares = [
            "—" if pd.isna(share) else f"{percent_down(float(share))}%" for share in table["share"]
        ]
        rows = zip(table["people"], table["covered"], table["not_connected"], shares, strict=True)
        assert page["counts"] == [list(row) for row in rows], one
        mine = np.array(page["ticks"], np.int64)
        np.testing.assert_array_equal(
            np.where(mine == 0xFFFFFF, np.iinfo(np.uint32).max, mine), ticks
        )
        np.testing.assert_allclose(page["access"], access, rtol=1e-9, atol=1e-12)
        changed += bool(page["moved"]["gained"] or page["moved"]["lost"])
    assert changed > STEP // 4


def test_nothing_changed_is_the_present(visit):
    visit.page.evaluate("kepu.page.store.set({ open: [], close: [] })")
    assert visit.page.evaluate("kepu.page.answer === kepu.page.plain")


def test_a_scenario_lives_in_the_link_and_in_a_file(chromium, visit, file, tmp_path):
    _, now = measured()
    venues = now.venues[now.venues["type"] == "room.community"]
    shut = list(venues.index[venues["status"] == "open"][:2])
    place = str(now.demand.index[5])
    state = {"close": shut, "open": [f"@{place}=room.community"]}
    visit.page.evaluate(
        """(s) => kepu.page.store.set(Object.assign(
          kepu.choiceOf(kepu.page.data.standards[0]), { tab: 'whatif' }, s))""",
        state,
    )
    link = visit.page.evaluate("kepu.page.address()")
    text = visit.page.evaluate("kepu.whatif.actions.exported(kepu.page)")
    counts = visit.page.evaluate("kepu.page.answer.district")
    other = chromium.new_page(viewport={"width": 1366, "height": 768})
    other.goto(link)
    other.wait_for_selector("body.ready")
    assert other.evaluate("kepu.page.answer.district") == counts
    assert other.evaluate("kepu.page.store.get().close") == shut
    other.close()
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    after = apply(*measured(), read_scenario(path))
    table = after.assessment.standards.set_index(["standard", "scope"])
    assert int(table.loc[("room", "district"), "covered"]) == counts["covered"]
    back = visit.page.evaluate(
        "(text) => kepu.scenarioState(kepu.page.data, kepu.page.blocks.whatif, text)", text
    )
    assert back == {"open": state["open"], "close": shut}
    refused = visit.page.evaluate(
        """() => { try {
          kepu.scenarioState(kepu.page.data, kepu.page.blocks.whatif,
            'name = "x"\\n[[edits]]\\ndo = "close_roads"\\nname = "北江一桥"\\n');
          return '';
        } catch (error) { return error.message; } }"""
    )
    assert "kepu whatif" in refused


def test_the_best_next_sites_are_the_best_and_can_be_undone(visit, everywhere, offered):
    """Each step is the site that covers most people then, told by a plain loop."""
    asked, now = measured()
    visit.page.evaluate(
        """() => kepu.page.store.set(Object.assign(
          kepu.choiceOf(kepu.page.data.standards[0]), { open: [], close: [], tab: 'whatif' }))"""
    )
    chosen = visit.page.evaluate("kepu.whatif.actions.bestNext(kepu.page, 3)")
    standard = asked.wanted[0]
    times = times_for(everywhere.outcome.survey, standard)
    venues = everywhere.outcome.survey.venues
    people = now.demand[standard.group].to_numpy(np.int64)
    near = times.ticks <= int(standard.minutes * 600)
    kinds = venues["type"].isin(standard.types).to_numpy()
    status = venues["status"].to_numpy().copy()
    new = np.arange(len(venues)) >= len(now.venues)
    covered = near[:, kinds & (status == "open") & ~new].any(axis=1)
    offer = [everywhere.spots[code[1:].rpartition("=")[0]] for code in offered[standard.key]]
    left = (kinds & (status != "open")) | venues.index.isin(offer)
    for step in chosen:
        gains = np.where(left, (people[:, None] * (near & ~covered[:, None])).sum(axis=0), -1)
        assert step["people"] == gains.max() > 0
        code = step["code"]
        name = everywhere.spots[code[1:].rpartition("=")[0]] if code[0] == "@" else code
        number = venues.index.get_loc(name)
        assert gains[number] == gains.max()
        covered |= near[:, number]
        left[number] = False
    visit.page.evaluate("kepu.whatif.actions.undo(kepu.page)")
    assert visit.page.evaluate("kepu.page.answer === kepu.page.plain")


def test_ticking_a_site_and_closing_a_venue_by_hand(visit):
    visit.page.evaluate("kepu.page.store.set({ open: [], close: [], tab: 'whatif' })")
    panel = visit.page.locator("#panel-whatif")
    panel.locator("ul.list").first.locator("input[type=checkbox]").first.wait_for()
    before = visit.page.evaluate("kepu.page.answer.district.covered")
    panel.locator("ul.list").first.locator("input[type=checkbox]").first.click()
    assert visit.page.evaluate("kepu.page.answer.district.covered") > before
    assert panel.locator(".gain b").text_content() != "0 人"
    panel.locator("ul.drop button").first.click()
    assert visit.page.evaluate("kepu.page.answer === kepu.page.plain")
    visit.page.wait_for_timeout(150)  # the lists follow a little later
    source = panel.locator("ul.list").first.locator("li").first
    source.wait_for()
    source.drag_to(panel.locator("ul.drop"))
    assert visit.page.evaluate("kepu.page.store.get().open.length") == 1
    panel.get_by_text("撤销一步").click()
    assert visit.page.evaluate("kepu.page.store.get().open.length") == 0
