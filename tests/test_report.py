"""The appendix as a whole: one number everywhere, the same files twice, pages that open."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from typer.testing import CliRunner

from kepu.atlas import atlas
from kepu.cli import app
from kepu.coverage.gaps import percent_down
from kepu.inputs import read_layers
from kepu.maps.figures import texts_of
from kepu.maps.web import web_map
from kepu.passport import passport
from kepu.report import ANNEX, BOOK, LEDGER, annex, ledger, write_appendix, write_ledger
from kepu.report_figures import pictures
from kepu.report_plans import further
from kepu.report_tables import sentences_listings, targets_listing
from kepu.results import coverage_sheet
from kepu.starter import new_study
from kepu.study import assess, survey
from kepu.study_file import read_study

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
def quick(found, facts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick")
    write_ledger(folder, found, facts)
    return folder


def test_a_number_is_the_same_in_all_that_is_handed_in(study, found, facts, quick):
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
    picture = next(p for p in pictures(found) if p.stem == f"minutes-{study.wanted[0].key}")
    told = " ".join(texts_of(picture.draw("portrait"))).replace(",", "")
    assert f"覆盖 {covered} 人，{share}%" in told
    places = [int(n) for n in re.findall(r"处 (\d+) 人", told)]
    assert sum(places) == int(row["people"])  # the classes of the legend hold everybody


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
    for chapter in annex(found, facts, ()).chapters:
        for part in chapter.parts:
            if getattr(part, "total", False):
                for name, kind in part.kinds.items():
                    if kind == "count":
                        *parts, whole = part.frame[name]
                        assert sum(parts) == whole, (part.title, name)


def test_the_ledger_says_what_was_reported_and_what_was_refused(found, quick):
    table = found.targets.set_index("key")
    assert table.at["people.lecturers", "verdict"] == "met"
    assert table.at["org.society", "reason"] == "no_data"
    assert "Q-TARGET-NAME" in {fault.code for fault in found.measured.warnings}
    text = "\n".join(c.text for t in Document(quick / LEDGER).tables for c in t._cells)
    assert "科普讲师团成员" in text
    assert len(targets_listing(found).frame) == len(table) == 41
    assert (quick / "quarantine" / "targets.csv").is_file()


def test_every_flag_has_its_sentence_in_the_annex(found):
    told = [s for listing in sentences_listings(found) for s in listing.frame["说明"]]
    assert sorted(told) == sorted(found.flags["sentence"])


def test_every_figure_has_its_own_number(found):
    numbers = [picture.about.number for picture in pictures(found)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_review_number_is_never_made_up(found):
    picture = next(iter(pictures(found)))
    assert "无" in picture.about.review
    assert ledger(found).title == "规划目标台账"


@pytest.fixture(scope="module")
def whole(found, facts, tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for folder in folders:
        more = further(found, sites=3)
        write_appendix(folder, found, facts, formats=("png", "svg", "pdf"), more=more)
    return folders


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
def test_the_annex_opens_and_the_ledger_is_one_page(whole, tmp_path):
    for name, plain in ((ANNEX, "annex"), (LEDGER, "ledger")):
        shutil.copy(whole[0] / name, tmp_path / f"{plain}.docx")
    home = f"-env:UserInstallation=file://{tmp_path / 'office'}"
    command = [SOFFICE, "--headless", home, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    for plain in ("annex", "ledger"):
        subprocess.run([*command, str(tmp_path / f"{plain}.docx")], check=True, timeout=150)
    pages = len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "ledger.pdf").read_bytes()))
    assert pages == 1
    assert (tmp_path / "annex.pdf").stat().st_size > 100_000


@pytest.mark.slow
def test_the_command_writes_and_tells_what_it_wrote(study, tmp_path):
    out = tmp_path / "附件"
    options = ["--out", str(out), "--json", "--png-only", "--paper", "portrait", "--sites", "0"]
    done = CliRunner().invoke(app, ["report", str(study.path), *options])
    assert done.exit_code in (0, 2), done.output
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
