"""The appendix as a whole: one number everywhere, the same files twice, pages that open."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import zlib
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from docx import Document
from matplotlib.text import Text
from openpyxl import load_workbook
from typer.testing import CliRunner

from kepu.assessment import assess
from kepu.atlas import atlas
from kepu.cli import app
from kepu.coverage.decay import LUO_QI_WEIGHTS
from kepu.coverage.gaps import percent_down
from kepu.coverage.targets import REASONS
from kepu.folder import file_digest
from kepu.inputs import read_layers
from kepu.layers.tables import read_table
from kepu.layers.venues import venue_types
from kepu.maps.appendix import Heading, Listing, Plate
from kepu.maps.appendix_word import annex_file
from kepu.maps.figures.text import texts_of
from kepu.maps.web import web_map
from kepu.passport import further_inputs, headline, passport
from kepu.report import ANNEX, write_appendix
from kepu.report_annex import annex
from kepu.report_figures import pictures
from kepu.report_ground import Ground
from kepu.report_keys import Part
from kepu.report_ledger import BOOK, LEDGER, RESOURCES, TARGETS, ledger, write_ledger
from kepu.report_maps import minutes_picture
from kepu.report_plans import further
from kepu.report_tables import sentences_listings, standards_listing, towns_listing
from kepu.report_targets import (
    LEADER_REASONS,
    TARGET_REASONS,
    leader_listing,
    targets_listing,
    unjudged_text,
)
from kepu.report_text import METHOD, assumptions, passport_listing, rules_listing, standards_rules
from kepu.report_venues import venues_by_town_listing, venues_listing
from kepu.results import coverage_sheet, write_quarantine
from kepu.starter import new_study
from kepu.study import survey
from kepu.study_file import read_study
from kepu.wording import band_text

REPORT_LITTLE = ["--png-only", "--paper", "portrait", "--sites", "0"]
SOFFICE = shutil.which("soffice")
WRITER = Path("/usr/lib/libreoffice/program/libswlo.so")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "s"
    new_study(folder, name="示意县科普设施覆盖分析（氹塱磡）")
    path = folder / "study.toml"
    text = path.read_text("utf-8").replace("#land_points = 1200", "land_points = 0")
    (folder / "目标.csv").write_text(
        "目标,基线,现状\n科普讲师团成员,60,120\n不存在的目标,1,2\n", encoding="utf-8"
    )
    example = '#targets = { file = "目标.xlsx", sheet = "目标", header = 1, columns = {} }'
    text = text.replace(example, 'targets = { file = "目标.csv" }')
    path.write_text(text, encoding="utf-8", newline="\n")
    return read_study(path)


@pytest.fixture(scope="module")
def found(study):
    return assess(study, survey(study, read_layers(study)))


@pytest.fixture(scope="module")
def facts(study, found):
    return passport(study, found.measured, found, command="kepu report", created="now")


@pytest.fixture(scope="module")
def figures(found):
    return {picture.stem: picture for picture in pictures(found)}


@pytest.fixture(scope="module")
def quick(found, facts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick")
    write_ledger(folder, found, facts)
    return folder


def test_a_number_is_the_same_in_all_that_is_handed_in(study, found, facts, quick, figures):
    row = found.standards[found.standards["scope"] == "district"].iloc[0]
    covered, share = int(row["covered"]), percent_down(float(row["share"]))
    csv = coverage_sheet(study, found.measured, found)
    csv = csv[(csv["标准"] == study.wanted[0].name) & (csv["范围"] == "全区")].iloc[0]
    assert (csv["覆盖人口"], f"{csv['覆盖率（%）']:.1f}") == (covered, share)
    sheet = load_workbook(quick / BOOK)["覆盖率"]
    cells = {c.value: sheet.cell(2, c.column).value for c in sheet[1]}
    assert (cells["覆盖人口"], f"{cells['全区（%）']:.1f}") == (covered, share)
    part = annex(found, facts, ()).chapters[0].parts[1]
    first = part.frame.iloc[0]
    assert (first["覆盖人口"], f"{first['全区（%）']:.1f}") == (covered, share)
    picture = figures[f"minutes-{study.wanted[0].key}"]
    told = " ".join(texts_of(picture.draw("portrait"))).replace(",", "")
    assert f"覆盖 {covered} 人，{share}%" in told
    places = [int(n) for n in re.findall(r"处 (\d+) 人", told)]
    assert sum(places) == int(row["people"])  # the classes of the legend hold everybody


def grid(table) -> list[list[str]]:
    """The cells of a table of a Word file; numbers without their commas."""
    wide = len(table.columns)
    cells = [cell.text.replace(",", "") for cell in table._cells]
    return [cells[at : at + wide] for at in range(0, len(cells), wide)]


def test_every_standard_has_one_number_in_all_files(study, found, facts, quick, figures):
    word = Document(io.BytesIO(annex_file(annex(found, facts, ()))))
    rates, _, counts = (grid(table) for table in word.tables[:3])
    book = load_workbook(quick / BOOK)
    sheet = {row[0]: row for row in book["覆盖率"].iter_rows(min_row=2, values_only=True)}
    total = [*book["镇街覆盖人口"].iter_rows(values_only=True)][-1]
    csv = coverage_sheet(study, found.measured, found)
    said = {row["key"]: row for row in headline(study, found)}
    drawn = texts_of(figures["urban-rural"].draw("portrait"))
    for at, standard in enumerate(study.wanted):
        row = found.standards[
            (found.standards["standard"] == standard.key) & (found.standards["scope"] == "district")
        ].iloc[0]
        covered, share = int(row["covered"]), percent_down(float(row["share"]))
        mine = csv[(csv["标准"] == standard.name) & (csv["范围"] == "全区")].iloc[0]
        figure = figures[f"minutes-{standard.key}"]
        assert {
            covered, int(rates[at + 1][3]), int(counts[-1][at + 1]), sheet[standard.name][3],
            total[at + 1], int(mine["覆盖人口"]), said[standard.key]["covered"],
        } == {covered}  # fmt: skip
        assert {
            share, rates[at + 1][4], f"{sheet[standard.name][4]:.1f}",
            f"{mine['覆盖率（%）']:.1f}", percent_down(said[standard.key]["shares"]["district"]),
        } == {share}  # fmt: skip
        assert f"覆盖 {covered:,} 人，{share}%" in figure.about.subtitle
        for scope in ("urban", "rural"):
            side = said[standard.key]["shares"][scope]
            assert side is None or f"{percent_down(side)}%" in drawn


def test_every_target_has_one_number_in_all_files(found, facts, quick, figures):
    word = Document(io.BytesIO(annex_file(annex(found, facts, ()))))
    annexed = next(grid(t) for t in word.tables if t.cell(0, 6).text == "差距与说明")
    leader = grid(Document(quick / LEDGER).tables[0])
    assert annexed == leader
    told = pd.read_csv(quick / TARGETS, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    sheet = [*load_workbook(quick / BOOK)["目标台账"].iter_rows(values_only=True)]
    names = sheet[0]
    venues = found.measured.venues
    drawn = " ".join(texts_of(figures["types"].draw("portrait")))
    for at, row in enumerate(found.targets.to_dict("records")):
        cells = dict(zip(names, sheet[at + 1], strict=True))
        now = None if pd.isna(row["now"]) else float(row["now"])
        assert cells["现状"] == now
        assert told["现状"][at] == ("" if now is None else f"{now:g}")
        assert leader[at + 1][4] == ("—" if now is None else f"{now:g}")
        assert leader[at + 1][5] == cells["判定"] == told["判定"][at]
        if row["venue_type"] and now is not None and row["reported"] is pd.NA:
            inside = venues[(venues["type"] == row["venue_type"]) & ~venues["outside"]]
            assert (inside["status"] == "open").sum() == now
        if not pd.isna(row["share"]) and row["venue_type"] in set(venues["type"]):
            share = percent_down(float(row["share"]))
            assert f"{cells['覆盖率（%）']:.1f}" == share
            assert f"{share}%，{int(row['covered']):,} 人" in drawn


def test_the_list_of_resources_is_the_same_in_workbook_and_table(found, quick):
    told = pd.read_csv(quick / RESOURCES, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    sheet = [*load_workbook(quick / BOOK)["科普资源名录"].iter_rows(min_row=2, values_only=True)]
    venues = found.measured.venues
    some = venues[venues["status"].isin(["open", "planned"])]
    assert [row[0] for row in sheet] == list(told["编号"])
    assert sorted(told["编号"]) == sorted(map(str, some.index))
    order = {kind.name: at for at, kind in enumerate(venue_types().values())}
    assert list(told["类型"].map(order)) == sorted(told["类型"].map(order))


def test_the_map_holds_the_number_of_the_tables(study, found, facts):
    html = web_map(**atlas(study, found.measured, found, facts))
    packed = re.search(r'<script type="text/plain" id="kepu-data">([^<]*)<', html)[1]
    raw = zlib.decompress(base64.b64decode(packed))
    head = json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")])
    table = found.standards[found.standards["scope"] == "district"].set_index("standard")
    names = ["people", "covered", "not_connected"]
    proofs = {one["key"]: one["proof"]["district"] for one in head["standards"]}
    assert proofs == {key: list(map(int, table.loc[key, names])) for key in proofs}
    assert set(proofs) == {standard.key for standard in study.wanted}


def test_totals_of_the_tables_add_up(found, facts):
    added = set()
    for chapter in annex(found, facts, ()).chapters:
        for part in chapter.parts:
            if getattr(part, "total", False):
                for name, kind in part.kinds.items():
                    if kind == "count":
                        *parts, whole = part.frame[name]
                        assert sum(parts) == whole, (part.title, name)
                        added.add(part.title)
    assert len(added) >= 3


def test_the_ledger_says_what_was_reported_and_what_was_refused(found, quick):
    table = found.targets.set_index("key")
    assert table.at["people.lecturers", "verdict"] == "met"
    assert table.at["org.society", "reason"] == "no_data"
    assert "Q-TARGET-NAME" in {fault.code for fault in found.measured.warnings}
    text = "\n".join(c.text for t in Document(quick / LEDGER).tables for c in t._cells)
    assert "科普讲师团成员" in text
    assert len(targets_listing(found).frame) == len(table) == 41


def test_every_flag_has_its_sentence_in_the_annex(found):
    told = [s for listing in sentences_listings(found) for s in listing.frame["说明"]]
    assert sorted(told) == sorted(found.flags["sentence"])


def test_every_figure_has_its_own_number(figures):
    numbers = [picture.about.number for picture in figures.values()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_review_number_is_never_made_up(found, figures):
    picture = next(iter(figures.values()))
    assert "无" in picture.about.review
    assert ledger(found).title == "规划目标台账"


def pages_of(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


@pytest.fixture(scope="module")
def whole(found, facts, tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for folder in folders:
        parts = further(found, facts, sites=3)
        write_appendix(folder, found, facts, formats=("png", "svg", "pdf"), parts=parts)
    return folders


@pytest.mark.slow
def test_the_build_order_is_one_number_in_figure_and_table(found, facts):
    part = next(one for one in further(found, facts, sites=3) if one.title == "新增设施")
    curve, order = (make(at) for at, make in enumerate(part.makers, 1))
    (listing,) = part.listings
    assert list(listing.frame["次序"]) == ["1", "2", "3"]
    texts = texts_of(order.draw("portrait"))
    for row in listing.frame.to_dict("records"):
        added = f"+{row['新增覆盖人口']:,} 人"
        assert any(t.startswith(f"{row['次序']}　") and t.endswith(added) for t in texts)
    last = f"{listing.frame['累计覆盖率（%）'].iloc[-1]:.1f}%"
    assert last in texts_of(curve.draw("portrait"))
    assert f"增至 {listing.frame['累计覆盖人口'].iloc[-1]:,} 人" in listing.notes[0]


@pytest.mark.slow
def test_two_runs_give_the_same_files(whole):
    first, second = (
        {p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in whole
    )
    assert {ANNEX, BOOK, LEDGER} <= set(first)
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.slow
@pytest.mark.skipif(
    SOFFICE is None or not WRITER.is_file(), reason="LibreOffice Writer is not there"
)
def test_the_annex_opens_and_the_ledger_is_one_page(found, whole, tmp_path):
    for name, plain in ((ANNEX, "annex"), (LEDGER, "ledger")):
        shutil.copy(whole[0] / name, tmp_path / f"{plain}.docx")
    home = f"-env:UserInstallation=file://{tmp_path / 'office'}"
    command = [SOFFICE, "--headless", home, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    for plain in ("annex", "ledger"):
        subprocess.run([*command, str(tmp_path / f"{plain}.docx")], check=True, timeout=150)
    ledger_pages, annex_pages = (pages_of(tmp_path / f"{n}.pdf") for n in ("ledger", "annex"))
    assert ledger_pages == 1
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", str(tmp_path / "annex.pdf"), "-"], capture_output=True,
                              check=True).stdout.decode("utf-8")  # fmt: skip
        pages = text.split("\f")
        assert annex_pages == len(pages) - 1
        assert "氹塱磡" in text
        for row in found.standards[found.standards["scope"] == "district"].to_dict("records"):
            assert f"{int(row['covered']):,}" in text  # no line parts it
        for title in ("各镇街人口与覆盖率", "各镇街覆盖人口"):
            assert "全区" in next(page for page in pages if title in page)
        whole_page = next(page for page in pages if "规划目标台账" in page)
        assert "国家级科普教育基地" in whole_page
        assert "中小学生科普活动参与率" in whole_page
    assert (tmp_path / "annex.pdf").stat().st_size > 100_000


@pytest.mark.slow
def test_the_command_writes_and_tells_what_it_wrote(study, tmp_path):
    out = tmp_path / "附件"
    options = ["--out", str(out), "--json", *REPORT_LITTLE]
    done = CliRunner().invoke(app, ["report", str(study.path), *options])
    assert done.exit_code == 2, done.output  # a row of the targets is set apart
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["status"] == "ok"
    assert sum(told["targets"].values()) == 41
    names = {entry["name"] for entry in told["files"]}
    assert {ANNEX, BOOK, LEDGER, "targets.csv", "resources.csv"} <= names
    assert all((out / name).is_file() for name in names)
    assert len(list((out / "figures").glob("*.png"))) >= 8
    assert not list((out / "figures").glob("*.svg"))


def test_the_command_refuses_a_study_that_is_not_there(tmp_path):
    done = CliRunner().invoke(app, ["report", str(tmp_path / "no.toml"), "--out", "x", "--json"])
    assert done.exit_code == 3
    assert not (tmp_path / "x").exists()


def beyond(figure) -> list[str]:
    """The texts that leave the sheet, or of two on its page that lie upon each other."""
    renderer = figure.canvas.get_renderer()
    width, height = figure.bbox.width, figure.bbox.height
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    boxes = [(t, t.get_window_extent(renderer)) for t in texts]
    out = [
        t.get_text() for t, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]  # fmt: skip
    page = [(t.get_text(), box) for t, box in boxes if t.axes is figure.axes[0]]
    for (one, a), (other, b) in combinations(page, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > 2 and along > 0.25 * min(a.height, b.height):
            out.append(f"{one} | {other}")
    return out


LONG = "很长很长的名称（含括号）与Latin words及数字2026"


@pytest.mark.parametrize("paper", ["portrait", "landscape"])
def test_every_text_stands_on_its_sheet_and_apart(figures, paper):
    for stem, picture in figures.items():
        if stem.startswith("minutes-") and stem != "minutes-room":
            continue  # all of one kind
        assert beyond(picture.draw(paper)) == [], stem


@pytest.mark.slow
def test_long_names_and_no_country_do_not_break_it(study, found, tmp_path):
    measured = found.measured
    demand, venues = measured.demand.copy(), measured.venues.copy()
    demand["rural"] = False
    demand["name"] = [f"{LONG}{n}居委会" for n in range(len(demand))]
    venues["name"] = [f"{LONG}{n}" for n in range(len(venues))]
    towns = measured.towns.assign(name=[f"{LONG}{n}镇" for n in range(len(measured.towns))])
    rules = [r.model_copy(update={"name": f"{r.name}：{LONG * 2}"}) for r in study.standards]
    about = study.study.model_copy(update={"name": LONG * 3})
    asked = study.model_copy(update={"standards": tuple(rules), "study": about})
    odd = assess(asked, replace(measured, demand=demand, venues=venues, towns=towns))
    facts = passport(asked, odd.measured, odd, command="kepu report", created="now")
    for paper in ("portrait", "landscape"):
        for picture in pictures(odd):
            figure = picture.draw(paper)
            wrong = [text for text in beyond(figure) if "|" in text]
            assert wrong == [], picture.stem
    write_ledger(tmp_path, odd, facts)
    assert annex_file(annex(odd, facts, ()))
    assert standards_listing(odd).frame["乡村（%）"].isna().all()


def test_the_passport_knows_every_file_that_the_study_names(study, facts):
    digest = file_digest(study.folder / "目标.csv")
    assert facts["further_inputs"] == [{"layer": "targets", "file": "目标.csv", "sha256": digest}]
    listed = passport_listing(facts).frame.set_index("项目")["内容"]
    assert listed["输入 目标.csv"] == f"SHA-256 {digest}"


def test_the_passport_knows_the_file_of_areas_where_nothing_may_stand(study):
    sites = study.sites.model_copy(update={"exclusions": "目标.csv"})
    told = {one["layer"]: one for one in further_inputs(study.model_copy(update={"sites": sites}))}
    assert told["sites.exclusions"] == told["targets"] | {"layer": "sites.exclusions"}


def test_a_band_is_rounded_outwards_and_no_further():
    """0.57 is 56.99999999999999 times a hundredth, and 0.14 a little more than 14."""
    for percent in range(101):
        assert band_text(percent / 100, percent / 100) == f"{percent}–{percent}"
    assert band_text(0.5699, 0.1401) == "56–15"


def test_the_map_of_a_standard_draws_the_venues_that_count(found):
    venues = found.measured.venues.copy()
    rooms = venues.index[(venues["type"] == "room.community") & (venues["status"] == "open")]
    venues.loc[rooms[0], ["targets", "groups"]] = ["elderly", "老年人"]
    other = assess(found.study, replace(found.measured, venues=venues))
    ground = Ground(found.measured)
    drawn = [
        len(layer.shapes)
        for one in (found, other)
        for layer in minutes_picture(one, ground, 1, "room").draw.keywords["layers"]
        if layer.label == "计入的在用设施"
    ]
    assert drawn == [len(rooms), len(rooms) - 1]


def test_rows_set_apart_from_the_targets_lie_beside_those_of_the_tables(study, found, tmp_path):
    write_quarantine(tmp_path, found.measured.all_ledgers)
    assert "不存在的目标" in (tmp_path / "quarantine" / "targets.csv").read_text("utf-8-sig")
    done = CliRunner().invoke(app, ["check", str(study.path), "--out", str(tmp_path / "check")])
    assert done.exit_code == 2, done.output
    assert (tmp_path / "check" / "quarantine" / "targets.csv").is_file()
    assert "Q-TARGET-NAME" in done.output


@pytest.mark.slow
def test_rows_set_apart_from_the_targets_are_told_by_the_exit_code(study, tmp_path):
    for command, more in (("run", ["--no-appendix"]), ("report", REPORT_LITTLE)):
        out = tmp_path / command
        done = CliRunner().invoke(app, [command, str(study.path), "--out", str(out), *more])
        assert done.exit_code == 2, done.output
        told = json.loads((out / "manifest.json").read_text("utf-8"))
        assert told["reported"]["targets"]["quarantined"] == 1
        assert "不存在的目标" in (out / "quarantine" / "targets.csv").read_text("utf-8-sig")


def test_a_long_table_is_cut_and_says_so(found, monkeypatch):
    from kepu import report_ledger, report_tables

    monkeypatch.setattr(report_ledger, "MOST_ROWS", 5)
    monkeypatch.setattr(report_tables, "MOST_SENTENCES", 4)
    cut = report_ledger._cut(targets_listing(found))
    assert len(cut.frame) == 5
    assert "共 41 行，这里只列前 5 行" in cut.notes[-1]
    for listing in sentences_listings(found):
        whole = int(re.search(r"（(\d+) 条）", listing.title)[1])
        assert len(listing.frame) == min(whole, 4)
        assert any("前 4 条" in note for note in listing.notes) == (whole > 4)
    assert sum(len(one.frame) for one in sentences_listings(found)) < len(found.flags)


def test_a_flag_that_cannot_be_judged_stands_in_the_list_without_a_number(found):
    flags = found.flags.copy()
    first = flags.index[flags["kind"] == "town"][0]
    flags["priority"] = flags["priority"].astype("Int64")
    flags.loc[first, "priority"] = pd.NA
    unjudged = replace(found)
    vars(unjudged)["flags"] = flags  # as the cached property would keep it
    listing = sentences_listings(unjudged)[0]
    assert listing.frame["次序"].isna().sum() == 1
    assert flags.loc[first, "sentence"] in set(listing.frame["说明"])


@pytest.mark.slow
def test_two_processes_draw_the_bytes_of_one(figures, tmp_path, monkeypatch):
    from kepu import report_drawing

    drawn = [figures["venues"], figures["types"]]
    plates = []
    for name, much in (("one", 100), ("two", 1)):
        monkeypatch.setattr(report_drawing, "MUCH", much)
        told = []
        plates.append(
            report_drawing.draw_all(
                tmp_path / name, drawn, ("png", "svg", "pdf"), ("portrait",), told.append
            )
        )
        assert len(told) == 2
    assert [one.png for one in plates[0]] == [two.png for two in plates[1]]
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 6
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all(
        (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        for name in files
    )


def test_rules_and_assumptions_are_those_of_the_run(study, found, facts):
    rules = standards_rules(found).frame
    assert list(rules["目标（%）"]) == [100 * s.goal for s in study.wanted]
    assert list(rules["时限（分钟）"]) == [s.minutes for s in study.wanted]
    modes = rules_listing(facts).frame
    for row, told in zip(modes.to_dict("records"), facts["modes"].values(), strict=True):
        assert row["未接入人口（人）"] == told["not_connected_people"]
        assert row["未接入居民点（处）"] == told["not_connected_places"]
    some = {name: {**one, "ok": 7, "quarantined": 5} for name, one in facts["tables"].items()}
    told = " ".join(assumptions(found, {**facts, "tables": some}))
    assert told.count("采用 7，隔离 5，") == len(facts["tables"])
    assert f"上下浮动 {100 * study.sureness.speed_change:g}%" in told


def test_bands_hold_the_share_and_parts_of_the_district_make_it_up(study, found):
    frame, bands = standards_listing(found).frame, found.bands
    for standard, text in zip(study.wanted, frame["误差范围（%）"], strict=True):
        here = (bands["standard"] == standard.key) & (bands["scope"] == "district")
        row = bands[here].iloc[0]
        low, high = (
            float(row[f"{side}_{end}"]) for side, end in (("point", "low"), ("speed", "high"))
        )
        least, most = map(int, text.split("–"))
        assert least / 100 <= min(low, float(row["speed_low"])) < least / 100 + 0.01
        assert most / 100 >= max(high, float(row["point_high"])) > most / 100 - 0.01
    towns = towns_listing(found).frame["占全区（%）"]
    assert towns.iloc[-1] == 100
    assert round(sum(towns.iloc[:-1]), 6) == 100


def test_verdicts_are_named_as_they_are(found):
    named = dict(zip(found.targets["key"], leader_listing(found).frame["判定"], strict=True))
    names = {"met": "达到", "not_met": "未达到", "unknown": "无法判定"}
    assert named == {row["key"]: names[row["verdict"]] for row in found.targets.to_dict("records")}
    assert named["people.lecturers"] == "达到"
    assert set(LEADER_REASONS) == set(TARGET_REASONS) == set(REASONS)
    reasons = dict(
        zip(found.targets["key"], leader_listing(found).frame["差距与说明"], strict=True)
    )
    assert reasons["org.society"] == "未提供数据"


def test_the_workbook_names_standards_in_full_and_is_read_by_our_own_reader(study, quick):
    path = quick / BOOK
    for sheet in ("镇街覆盖率", "镇街覆盖人口"):
        cells = read_table(path, sheet=sheet).cells
        named = list(cells.columns)[-len(study.wanted) :]
        assert named == [f"标准{at} {s.name}" for at, s in enumerate(study.wanted, 1)]
    book = load_workbook(path)
    assert book["居民点"].freeze_panes == "C2"
    told = {row[0] for row in book["说明"].iter_rows(values_only=True)}
    for sheet in book:
        assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
        assert sheet.title == "说明" or f"工作表“{sheet.title}”" in told
        if sheet.title != "说明":
            back = read_table(path, sheet=sheet.title).cells
            assert list(map(str, back.columns)) == [str(cell.value) for cell in sheet[1]]
            assert len(back) == sheet.max_row - 1


def test_the_method_notes_state_facts_of_the_method():
    told = "".join(METHOD)
    method = (Path(__file__).parents[1] / "docs" / "method.md").read_text("utf-8")
    for fact, words in (
        ("1、0.68、0.22", ("E2SFCA", "1、0.68、0.22")), ("0.1 秒", ("0.1 秒",)),
        ("最大余数法", ("最大余数法",)), ("向下取到 0.1%", ("向下取到 0.1%",)),
        ("向上取到 0.1 分钟", ("向上取到 0.1 分钟",)), ("时限含端点", ("含端点",)),
    ):  # fmt: skip
        assert fact in told
        assert all(word in method for word in words)
    assert LUO_QI_WEIGHTS == (1.0, 0.68, 0.22)


def test_what_cannot_be_judged_is_told_by_its_reason(found):
    told = unjudged_text(found)
    unknown = found.targets[found.targets["verdict"] == "unknown"]
    total, *counts = map(int, re.findall(r"(\d+) 项", told))
    assert total == sum(counts) == len(unknown)
    assert f"未提供数据 {(unknown['reason'] == 'no_data').sum()} 项" in told
    assert told in ledger(found).lines
    judged = replace(found)
    vars(judged)["targets"] = found.targets.assign(verdict="met", reason="")
    assert unjudged_text(judged) == ""


def test_warnings_stand_in_the_annex_numbered_and_without_codes(found, facts):
    every = {**facts, "warnings": [{"zh": "[W-A1] 甲。"}, {"zh": "乙 [W-B] 丙。"}]}
    said = [p for c in annex(found, every, ()).chapters for p in c.parts if isinstance(p, str)]
    assert said[said.index("运行给出 2 条警告：") + 1 :][:2] == ["1. 甲。", "2. 乙 [W-B] 丙。"]


def test_every_plan_has_its_heading_before_its_tables_and_figures(found, facts):
    table = Listing("表", "表", pd.DataFrame({"甲": [1]}))
    part, plate = Part("新增设施", (), (table,), told="话。"), Plate(b"", "图")
    chapters = annex(found, facts, (), [(part, [plate])]).chapters
    parts = next(c.parts for c in chapters if "规划方案" in c.heading)
    assert parts == (Heading("新增设施"), "话。", table, plate)


def test_venues_beyond_the_border_are_no_venues_of_a_town(study, found):
    venues = found.measured.venues.copy()
    first = venues.index[venues["status"] == "open"][0]
    venues.loc[first, "outside"] = True
    odd = assess(study, replace(found.measured, venues=venues))
    inside = venues[(venues["status"] == "open") & ~venues["outside"]]
    assert venues_by_town_listing(odd).frame["合计"].iloc[-1] == len(inside)
    assert venues_listing(odd).frame["区外（缓冲区内）"].iloc[-1] == venues["outside"].sum() > 0
