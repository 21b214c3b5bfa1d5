"""The answers of the illustrative district as a planner reads them: sums, labels, flags."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from kepu.assessment import assess
from kepu.atlas import atlas
from kepu.checks import check_audience
from kepu.coverage.gaps import percent_down
from kepu.coverage.left_behind import PLACE_CAUSES
from kepu.coverage.question import Question
from kepu.coverage.share import in_use
from kepu.coverage.times import minutes_up, travel_times
from kepu.geo.routing import UNREACHED
from kepu.inputs import read_layers
from kepu.layers.venues import venue_types
from kepu.maps.web import web_map
from kepu.passport import headline, passport
from kepu.results import SHEET_TITLES, flags_sheet, write_tables
from kepu.study import survey
from kepu.study_file import read_study

from .zoo import healthy

CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def district(study, measured, assessed):
    return study, measured, assessed


@pytest.fixture(scope="module")
def folder(district, tmp_path_factory):
    path = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OGR_SQLITE_SYNCHRONOUS", "OFF")
        write_tables(path, *district)
    return path


def test_every_place_flag_of_the_district_is_recomputed(district):
    _, measured, found = district
    flags = found.flags[found.flags["kind"] == "place"]
    assert set(flags["cause"]) <= set(PLACE_CAUSES)
    flagged = {(row["standard"], row["id"]): row for row in flags.to_dict("records")}
    for ask in found.questions:
        standard, times = ask.standard, ask.times
        used = np.flatnonzero(in_use(measured.venues, standard.types))
        nearest_ticks = times.ticks[:, used].min(axis=1).tolist()
        homes = measured.demand["rural"].tolist()
        crowd = measured.demand[standard.group].tolist()
        for number, place in enumerate(measured.demand.to_dict("records")):
            code = measured.demand.index[number]
            best = nearest_ticks[number]
            meant = standard.area == "all" or place["rural"] == (standard.area == "rural")
            behind = best > round(standard.minutes * 600) and meant and place[standard.group] > 0
            row = flagged.pop((standard.key, code), None)
            assert (row is not None) is bool(behind)
            if row is None:
                continue
            assert row["people"] == place[standard.group]
            assert f"{place['name']}（" in row["sentence"]
            assert f"{row['people']:,}人）" in row["sentence"]
            if best == UNREACHED:
                assert pd.isna(row["minutes"])
                assert row["level"] == "severe"
            else:
                assert row["minutes"] == minutes_up(best)
                assert f"需{row['minutes']:.1f}分钟" in row["sentence"]
                assert row["level"] == ("severe" if best > 1200 * standard.minutes else "moderate")
            if row["fix"] in ("open", "extend"):
                venue = measured.venues.index.get_loc(row["fix_venue"])
                after = int(times.ticks[number, venue])
                assert row["fix_minutes"] == minutes_up(min(after, best)) <= standard.minutes
                column = times.ticks[:, venue].tolist()
                gained = sum(
                    people for people, other, tick, home in zip(
                        crowd, nearest_ticks, column, homes, strict=True
                    )
                    if other > 600 * standard.minutes >= tick
                    and (standard.area == "all" or home == (standard.area == "rural"))
                )  # fmt: skip
                assert row["fix_people"] == gained > 0
    assert not flagged


CAUSE_WORDS = {
    "米内没有可接入的道路": "not_connected", "没有可到达的此类在用设施": "no_venue",
    "超出计算时限": "beyond_horizon", "实测后可能达标": "imprecise", "属道路慢或绕行": "slow_road",
}  # fmt: skip


def place_cause(said: str, asked: Question, apart: float) -> str:
    """Why a place is flagged, from what its sentence says and how far apart place and venue lie."""
    for words, cause in CAUSE_WORDS.items():
        if words in said:
            numbers = [float(n) for n in re.findall(r"(?:偏差|只有)(\d+)米", said)]
            if cause == "imprecise":
                over = float(re.findall(r"的要求([\d.]+)分钟", said)[0])
                assert (over - 0.1) * asked.metres_a_minute <= numbers[0]
            if cause == "slow_road":
                assert numbers == [round(apart)]
                reached = apart / asked.metres_a_minute + asked.fixed_minutes
                assert reached <= asked.standard.minutes + 0.01
            return cause
    minutes = float(re.findall(r"需([\d.]+)分钟", said)[0])
    if minutes <= 1.1 * asked.standard.minutes + 1e-9:
        return "just_over"
    assert apart / asked.metres_a_minute + asked.fixed_minutes > asked.standard.minutes - 0.01
    return "far"


def test_every_sentence_of_the_district_leads_back_to_its_flag(district):
    """Level and cause are told anew from the numbers in the sentence, of all three kinds."""
    _, measured, found = district
    asks = {ask.standard.key: ask for ask in found.questions}
    seen = set()
    for row in found.flags.to_dict("records"):
        ask, said = asks[row["standard"]], row["sentence"]
        goal, limit = ask.standard.goal, ask.standard.minutes
        if row["kind"] == "town":
            share, printed = map(float, re.findall(r"覆盖率([\d.]+)%，低于目标([\d.]+)%", said)[0])
            left = int(re.findall(r"尚有([\d,]+)人", said)[0].replace(",", ""))
            assert f"尚有{row['uncovered']:,}人未覆盖" in said
            assert share < printed == pytest.approx(100 * goal)
            assert int(1000 * (1 - left / row["people"]) + 1e-9) == pytest.approx(10 * share)
            severe, cause = 4 * left >= row["people"], "low_share"
        elif row["kind"] == "venue":
            asked_for = r"（(\d+)座）.*服务([\d,]+)人，每座([\d,.]+)人，超过每座(\d+)人"
            seats, people, each, most = (
                float(number.replace(",", "")) for number in re.findall(asked_for, said)[0]
            )
            assert each <= people / seats < each + 0.1
            assert people > seats * most == seats * ask.standard.people_a_unit
            severe, cause = people > 2 * seats * most, "over_capacity"
        else:
            near = measured.venues.geometry.get(row["venue"])
            apart = np.nan if near is None else measured.demand.geometry[row["id"]].distance(near)
            cause = place_cause(said, ask, apart)
            told = [float(n) for n in re.findall(r"需([\d.]+)分钟", said)]
            assert all(limit < minutes for minutes in told)
            severe = not told or told[0] > 2 * limit
        assert (row["level"], row["cause"]) == ("severe" if severe else "moderate", cause), said
        seen.add(cause)
    assert seen >= {"not_connected", "beyond_horizon", "imprecise", "just_over", "slow_road", "far",
                    "low_share", "over_capacity"}  # fmt: skip


def test_flags_are_printed_by_priority_and_keep_their_index(folder, district):
    _, _, found = district
    sheet = pd.read_csv(folder / "flags.csv", encoding="utf-8-sig")
    for kind in ("镇街", "村（社区）", "设施"):
        order = sheet.loc[sheet["对象"] == kind, "优先次序"]
        assert order.tolist() == list(range(1, len(order) + 1))
    assert sheet["对象"].drop_duplicates().tolist() == ["镇街", "村（社区）", "设施"]
    told = flags_sheet(*district)["说明"]
    assert told.index.tolist() != found.flags.index.tolist()
    pd.testing.assert_series_equal(told.sort_index(), found.flags["sentence"], check_names=False)


def test_whom_a_flag_sends_to_survey_is_on_the_list_of_points(district):
    _, measured, found = district
    listed = set(found.surveys["id"])
    flagged = found.flags[found.flags["fix"] == "survey"].to_dict("records")
    both = 0
    for row in flagged:
        said = re.findall("先实测(.*)的点位；仍不达标的，", row["remedy"])[0].split("和")
        for name in said:
            venues = measured.venues.index[measured.venues["name"] == name]
            assert {row["id"]} & listed if name == row["name"] else set(venues) & listed
        both += len(said) == 2
    assert len(flagged) > both > 0


def test_town_flags_are_those_below_the_goal(district):
    study, _, found = district
    goals = {standard.key: Fraction(str(standard.goal)) for standard in study.standards}
    towns = found.standards[found.standards["scope"] == "town"]
    below = {
        (row["standard"], row["code"])
        for row in towns.to_dict("records")
        if row["people"] and Fraction(row["covered"], row["people"]) < goals[row["standard"]]
    }
    flags = found.flags[found.flags["kind"] == "town"]
    assert {(row["standard"], row["id"]) for row in flags.to_dict("records")} == below
    for row in flags.to_dict("records"):
        assert f"覆盖率{percent_down(row['share'])}%" in row["sentence"]
        assert f"尚有{row['uncovered']:,}人未覆盖" in row["sentence"]


def test_a_town_that_errors_may_save_is_said_to_be_uncertain(folder):
    """The sentence of the flag and the verdict of the bands are one answer."""
    bands = pd.read_csv(folder / "bands.csv", encoding="utf-8-sig")
    flags = pd.read_csv(folder / "flags.csv", encoding="utf-8-sig")
    bands = bands.set_index(["标准", "镇街"])
    uncertain = 0
    for row in flags[flags["对象"] == "镇街"].to_dict("records"):
        band = bands.loc[(row["标准"], row["镇街"])]
        unsure = band["判定"] == "在误差范围内，不能断定"
        assert ("尚不能断定" in row["说明"]) is bool(unsure)
        if unsure:
            ends = re.findall(r"在([\d.]+)%至([\d.]+)%之间", row["说明"])[0]
            low, high = (name for name in bands.columns if "下限" in name or "上限" in name)
            slow, fast = (name for name in bands.columns if name.startswith("速度"))
            assert tuple(map(float, ends)) == (
                min(band[low], band[slow]),
                max(band[high], band[fast]),
            )
            assert float(ends[0]) < row["目标（%）"] <= float(ends[1])
            uncertain += 1
    assert uncertain
    index = pd.read_csv(folder / "index.csv", encoding="utf-8-sig")
    weights = [float(n) for name in index for n in re.findall("（权数(.*)）", name)]
    assert weights == [0.4, 0.2, 0.2, 0.2]
    parts = index[[name for name in index if "权数" in name]].to_numpy()
    np.testing.assert_allclose(parts @ weights, index["得分"], atol=0.11)
    assert (index["去掉一项的最好名次"] <= index["去掉一项的最差名次"]).all()


def test_a_slower_walk_covers_no_more(district):
    _, measured, found = district
    slow = found.questions[1]
    assert slow.standard.group == "elderly"
    own, everybody = slow.times.ticks, measured.times["walk"].ticks
    assert (own >= everybody).all()
    both = (own != UNREACHED) & (everybody > 600)
    assert np.median(own[both] / everybody[both]) == pytest.approx(1.25, rel=1e-3)


def test_scopes_add_up_everywhere(district):
    _, _, found = district
    for table, part, whole in (
        (found.standards, "covered", "people"),
        (found.land, "reached", "points"),
        (found.conditions, "covered", "people"),
    ):
        keys = [name for name in ("standard", "condition") if name in table]
        for _, own in table.groupby(keys):
            sums = own.groupby("scope")[[part, whole]].sum()
            assert (sums.loc["town"] == sums.loc["district"]).all()
            assert (sums.loc["urban"] + sums.loc["rural"] == sums.loc["district"]).all()
            assert (own[part] <= own[whole]).all()


def test_every_type_is_counted_at_its_usual_minutes(district):
    """A study of other thresholds lacked them: the ledger and the figure of types were empty."""
    asked, now, _ = district
    about = asked.study.model_copy(update={"thresholds": (7.0,), "horizon_minutes": 20.0})
    few = asked.model_copy(update={"study": about, "standards": asked.standards[:1]})
    table = assess(few, now).coverage
    kinds = {key: kind for key, kind in venue_types().items() if key in set(now.venues["type"])}
    for key, kind in kinds.items():
        mine = table[(table["types"] == key) & (table["mode"] == kind.mode)]
        assert (kind.minutes in set(mine["minutes"])) == (kind.minutes <= 20)


def test_stricter_conditions_cover_no_more(district):
    _, _, found = district
    base = found.standards.set_index(["standard", "scope", "code"])["covered"]
    assert set(found.conditions["standard"]) == set(found.standards["standard"])
    for row in found.conditions.to_dict("records"):
        assert row["covered"] <= base[row["standard"], row["scope"], row["code"]]
        whole = row["covered"] + row["hours_unknown"]
        assert whole <= base[row["standard"], row["scope"], row["code"]]


def test_tiers_lie_between_their_types(district):
    _, _, found = district
    table = found.coverage[found.coverage["scope"] == "district"]
    table = table.set_index(["types", "mode", "minutes", "group"])["covered"]
    compared = 0
    for types, mode, minutes, group in table.index:
        kinds = types.split(";")
        singles = [table.get((kind, mode, minutes, group)) for kind in kinds]
        if len(kinds) > 1 and None not in singles:
            union = table[types, mode, minutes, group]
            assert max(singles) <= union <= sum(singles)
            compared += 1
    assert compared > 20


def test_the_headline_says_what_the_tables_say(district):
    study, measured, found = district
    for row in headline(study, found):
        table = found.standards[found.standards["standard"] == row["key"]].set_index("scope")
        assert row["shares"]["district"] == table.at["district", "covered"] / row["people"]
        assert row["low"] <= row["shares"]["district"] <= row["high"]
        sure = row["low"] >= row["goal"] or row["high"] < row["goal"]
        assert (row["verdict"] == "unsure") is not sure
    facts = passport(study, measured, found, command="kepu", created="2026")
    assert facts["rules"]["paces"][0]["share"] == 0.8
    assert facts["rules"]["precision_metres"]["D"] == 500
    assert facts["calibration"] is None


def test_tables_are_read_by_planners(folder, district):
    study, measured, _ = district
    for name in SHEET_TITLES:
        path = folder / f"{name}.csv"
        if name == "calibration":
            assert not path.exists()
            continue
        table = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        assert len(table)
        assert all(CHINESE.search(header) for header in table.columns)
        raw = path.read_text("utf-8-sig")
        assert not re.search("(?:^|,)(?:nan|NaN|<NA>|None|inf)(?:,|$)", raw, re.MULTILINE)
    access = pd.read_csv(folder / "access.csv", encoding="utf-8-sig")
    assert len(access) == len(measured.demand)
    indicators = pd.read_csv(folder / "indicators.csv", encoding="utf-8-sig")
    assert "社区文化活动设施步行15分钟覆盖率" in set(indicators["指标"])
    land = indicators[indicators["指标"].str.endswith("面积覆盖率")]
    # who walks slower than others sees other land within reach, and that is not timed
    plain = [s for s in study.standards if (s.group, s.mode) not in measured.group_times]
    assert len(plain) == len(study.standards) - 1
    assert dict(land["标准"].value_counts()) == {standard.name: 11 for standard in plain}
    bands = pd.read_csv(folder / "bands.csv", encoding="utf-8-sig")
    assert len(bands) == len(study.standards) * 11


def test_isochrones_are_drawn_unless_the_study_says_no(tmp_path):
    """They alone are missing then: every other argument of the page is the same."""
    files = healthy.healthy()
    study = read_study(files.write(tmp_path))
    assert study.map.isochrones
    files.toml += "\n[map]\nisochrones = false\n"
    without = read_study(files.write(tmp_path))
    assert not without.map.isochrones
    measured = survey(study, read_layers(study))
    found = assess(study, measured)
    facts = passport(study, measured, found, command="kepu", created="2026")
    drawn, bare = (atlas(one, measured, found, facts) for one in (study, without))
    used = {kind for standard in study.wanted for kind in standard.types}
    open_ones = measured.venues[in_use(measured.venues, used)]
    assert set(drawn["isochrones"]["venue"]) <= set(open_ones.index)
    assert len(drawn["isochrones"])
    assert set(bare) == set(drawn)
    assert bare["isochrones"] is None
    told = dict(drawn["facts"])["等时圈与计数"]
    inside, lost, beyond = map(int, re.findall(r" (\d+) 人次", told))
    assert 0 <= lost < inside
    assert beyond >= 0
    assert [line for line in drawn["facts"] if line not in bare["facts"]] == [
        ("等时圈与计数", told)
    ]
    for name in ("standards", "coverage", "flags", "places", "venues"):
        pd.testing.assert_frame_equal(drawn[name], bare[name])
    assert len(web_map(**bare)) < len(web_map(**drawn))


def test_neighbours_of_clusters_are_those_by_road_and_it_is_said(folder, district):
    """Gi* of one standard from the times between places, by plain sums."""
    study, measured, found = district
    sheet = pd.read_csv(folder / "access.csv", encoding="utf-8-sig")
    for standard in study.wanted:
        way = {"walk": "步行", "ebike": "电动自行车", "car": "驾车"}[standard.mode]
        told = sheet[f"{standard.name}·集聚（{way}最近6处）"].fillna("").to_numpy()
        own = found.clusters[found.clusters["standard"] == standard.key].set_index("place")
        own = own.reindex(measured.demand.index)
        assert ((told == "") == own["cluster"].isna()).all()
        untested = own["reason"].fillna("") != ""
        assert (pd.Series(told).str.startswith("未检验：") == untested.to_numpy()).all()
        assert ((told == "不显著") == ((own["cluster"] == "") & ~untested)).all()
    ask = next(one for one in found.questions if one.standard.key == "base")
    rows = found.clusters[found.clusters["standard"] == "base"].set_index("place")
    demand = measured.demand.loc[rows.index]
    between = travel_times(
        measured.roads.network, study.profiles["car"], demand, demand,
        horizon_minutes=study.study.horizon_minutes, barriers=measured.roads.barriers,
    ).ticks.tolist()  # fmt: skip
    value = rows["value"].tolist()
    mean, size = sum(value) / len(value), 7
    spread = (sum((x - mean) ** 2 for x in value) / len(value)) ** 0.5
    error = spread * ((len(value) * size - size**2) / (len(value) - 1)) ** 0.5
    assert ask.standard.mode == "car"
    compared = 0
    for number, row in enumerate(rows.to_dict("records")):
        near = sorted((t, n) for n, t in enumerate(between[number]) if n != number)
        near = [(t, n) for t, n in near if t != UNREACHED][:6]
        assert row["neighbours"] == len(near)
        if len(near) == 6:
            around = sum(value[n] for _, n in near) + value[number]
            assert row["gi_star"] == pytest.approx((around - size * mean) / error, abs=1e-9)
            compared += 1
    assert compared > 100


def test_venues_for_one_group_count_for_no_other(district):
    """The illustrative schools are for pupils, the stations for farmers."""
    study, measured, found = district
    table = found.coverage[found.coverage["scope"] == "district"]
    makers = table[(table["types"] == "school.maker") & (table["minutes"] == 30)]
    by_group = makers.set_index("group")
    assert by_group.at["youth", "venues"] == 18
    assert by_group.at["youth", "covered"] > 0
    for group in ("people", "farmers", "elderly"):
        assert by_group.at[group, "venues"] == by_group.at[group, "covered"] == 0
    assert found.audience["school.maker"] == "youth"
    assert found.audience["base.agricultural"] == "farmers"
    assert found.audience["room.community"] == "people"
    targets = found.targets.set_index("key")
    assert targets.at["venue.school.maker", "group"] == "youth"
    assert targets.at["venue.school.maker", "covered"] == by_group.at["youth", "covered"]
    assert not [w for w in measured.warnings if w.code == "W-OTHER-GROUPS"]
    everybody = study.model_copy(update={"standards": tuple(
        s.model_copy(update={"group": "people"}) for s in study.standards
    )})  # fmt: skip
    told = [
        fault for fault in check_audience(everybody, measured) if fault.code == "W-OTHER-GROUPS"
    ]
    assert [fault.facts["standard"] for fault in told] == [
        s.name for s in study.standards if s.key in ("rural", "agricultural", "school")
    ]
    school = told[-1].facts
    assert (school["count"], school["total"]) == (62, 63)
    assert "全体居民" in str(told[-1])
    changed = assess(everybody, measured)
    place = changed.flags[(changed.flags["standard"] == "school")].query("kind == 'place'")
    assert "other_groups" in set(place["cause"])
    assert place["sentence"].str.contains("只面向青少年").any()


def test_access_shares_out_every_venue(district):
    """Σ people x access = venues that somebody reaches, for each standard."""
    _, measured, found = district
    for ask in found.questions:
        rows = found.access[found.access["standard"] == ask.standard.key]
        value = rows[rows["measure"] == "e2sfca"].set_index("place")["value"]
        people = measured.demand[ask.standard.group]
        if ask.standard.area == "rural":
            people = people * measured.demand["rural"]
        used = in_use(measured.venues, ask.standard.types)
        weighted = (people.to_numpy()[:, None] > 0) & (
            ask.times.ticks[:, used] <= 600 * ask.standard.minutes
        )
        reached = int(weighted.any(axis=0).sum())
        assert float((value.fillna(0) * people).sum()) / 10_000 == pytest.approx(reached)


def test_answers_do_not_depend_on_the_order_of_asking(district):
    study, measured, found = district
    again = assess(study, measured)
    for name in ("surveys", "flags", "index", "bands", "clusters", "standards"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))


def test_the_table_of_coverage_says_what_the_standards_say(district):
    study, _, found = district
    paced = 0
    for standard in study.wanted:
        if standard.area != "all" or standard.count > 1 or standard.opening:
            continue
        rows = found.coverage
        asked = rows[
            (rows["types"] == ";".join(standard.types))
            & (rows["mode"] == standard.mode)
            & (rows["minutes"] == standard.minutes)
            & (rows["group"] == standard.group)
        ]
        told = found.standards[found.standards["standard"] == standard.key]
        assert asked["covered"].tolist() == told["covered"].tolist()
        paced += (standard.group, standard.mode) in found.measured.group_times
    assert paced
