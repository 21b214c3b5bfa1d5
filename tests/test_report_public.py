"""A public appendix: nobody can be found in it, and every sum is what it was."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document
from openpyxl import load_workbook

from kepu import report_maps
from kepu.assessment import Assessment, assess
from kepu.coverage.share import GROUPS
from kepu.inputs import read_layers
from kepu.maps.appendix_word import annex_file
from kepu.maps.content import places_columns
from kepu.maps.figures.text import texts_of
from kepu.passport import passport
from kepu.report_annex import annex
from kepu.report_figures import pictures
from kepu.report_ground import Ground
from kepu.report_ledger import BOOK, write_ledger
from kepu.report_maps import left_picture, minute_layers
from kepu.report_public import (
    INTERNAL,
    hidden_groups,
    hidden_places,
    is_small,
    keep_passport,
    published,
)
from kepu.report_tables import hidden_flags, places_listing, sentences_listings
from kepu.results import write_tables
from kepu.starter import new_study
from kepu.study import survey
from kepu.study_file import read_study
from kepu.wording import GROUP_NAMES

SMALL, FEW = "三人隐村委会", "两名农民村委会"


@pytest.fixture(scope="module")
def internal(tmp_path_factory) -> Assessment:
    folder = tmp_path_factory.mktemp("study") / "s"
    new_study(folder, name="公开版")
    asked = read_study(folder / "study.toml")
    asked = asked.model_copy(update={"study": asked.study.model_copy(update={"land_points": 0})})
    measured = survey(asked, read_layers(asked))
    demand = measured.demand.copy()
    groups = [name for name in GROUPS if name in demand and name != "people"]
    last = [demand.index[-1], demand.index[-2]]
    demand.loc[last[0], ["people", *groups]] = [3, *[0] * len(groups)]
    demand.loc[last[1], ["people", *groups]] = [400, *[50] * len(groups)]
    demand.loc[last[1], "farmers"] = 2
    demand.loc[last, "name"] = [SMALL, FEW]
    return assess(asked, replace(measured, demand=demand))


@pytest.fixture(scope="module")
def public(internal: Assessment) -> Assessment:
    study = internal.study
    open_ = study.model_copy(update={"map": study.map.model_copy(update={"mode": "public"})})
    return assess(open_, internal.measured)


def words_of(found: Assessment, folder: Path) -> str:
    """Return every text and number that is handed in, tables, annex and figures."""
    facts = passport(found.study, found.measured, found, command="kepu", created="now")
    write_ledger(folder, found, facts)
    word = Document(io.BytesIO(annex_file(annex(found, facts, ()))))
    told = [p.text for p in word.paragraphs]
    told += [cell.text for table in word.tables for cell in table._cells]
    for sheet in load_workbook(folder / BOOK):
        told += [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    told += [path.read_text("utf-8-sig") for path in folder.glob("*.csv")]
    maps = [one for one in pictures(found) if one.stem in ("left-behind", "minutes-room")]
    told += [text for one in maps for text in texts_of(one.draw("portrait"))]
    return "\n".join(told)


def test_a_place_of_three_people_stands_nowhere(internal, public, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    assert SMALL in words_of(internal, tmp_path / "in")
    told = words_of(public, tmp_path / "out")
    short = SMALL.removesuffix("委会")
    assert short not in told
    assert FEW.removesuffix("委会") in told
    assert "不足 5 人" in told
    point = public.measured.demand.geometry.to_crs(4326).iloc[-1]
    assert f"{point.x:.6f}" not in told
    assert "经度" not in told


def test_what_lies_outside_the_internal_folder_may_go_out(internal, public, tmp_path):
    inside, out = tmp_path / "in", tmp_path / "out"
    for folder, found in ((inside, internal), (out, public)):
        folder.mkdir()
        facts = passport(found.study, found.measured, found, command="kepu", created="now")
        facts["warnings"].append({"code": "W-TEST", "zh": SMALL, "en": SMALL})
        write_tables(folder, found.study, found.measured, found)
        keep_passport(folder, found.study, facts)
        (folder / "manifest.json").write_text(str(published(facts, found.study)), "utf-8")
    inner = out / INTERNAL
    assert not (inside / INTERNAL).exists()
    names = {path.name for path in inside.iterdir()}
    assert {path.name for path in inner.iterdir()} | {path.name for path in out.iterdir()} == (
        names | {INTERNAL}
    )
    for path in inner.glob("*.csv"):
        assert path.read_bytes() == (inside / path.name).read_bytes()
    assert SMALL in (inside / "manifest.json").read_text("utf-8")
    assert SMALL in (inner / "manifest.json").read_text("utf-8")
    every = set(public.measured.demand["name"])
    for path in out.iterdir():
        if path.is_file():
            text = path.read_text("utf-8-sig")
            assert not any(name in text for name in every), path.name
            assert "经度" not in text


def test_the_passport_beside_the_map_counts_and_names_nobody(internal, public):
    facts = passport(public.study, public.measured, public, command="kepu", created="now")
    facts["warnings"] = [
        {"code": "W-B", "zh": SMALL, "en": ""},
        {"code": "W-A", "zh": "", "en": ""},
    ]
    told = published(facts, public.study)
    assert told["warnings"] == {"codes": ["W-A", "W-B"]}
    for name, ledger in public.measured.ledgers.items():
        assert told["tables"][name]["rows_in"] == ledger.rows_in
        assert "faults" not in told["tables"][name]
    assert published(facts, internal.study) == facts


def test_no_warning_of_the_annex_names_a_hidden_place(internal, public):
    facts = passport(public.study, public.measured, public, command="kepu", created="now")
    facts["warnings"] = [{"zh": f"未接入：{SMALL}"}, {"zh": f"未接入：{FEW}"}]
    for found, count in ((public, 1), (internal, 2)):
        said = [p for c in annex(found, facts, ()).chapters for p in c.parts if isinstance(p, str)]
        assert sum("未接入：" in one for one in said) == count
        assert "运行给出 2 条警告：" in said
        assert ("另有 1 条，见 manifest.json。" in said) == (count == 1)


def test_nobody_is_no_small_count_and_five_are_none():
    assert list(is_small(pd.Series([0, 1, 4, 5]))) == [False, True, True, False]


def test_sums_hold_everybody(internal, public):
    assert internal.standards.equals(public.standards)
    for standard in public.study.wanted:
        layers = minute_layers(public, standard)
        inside = minute_layers(internal, standard)
        assert [layer.label for layer in layers] == [layer.label for layer in inside]
        drawn, all_drawn = (sum(len(one.shapes) for one in some) for some in (layers, inside))
        assert drawn == all_drawn - 1


def test_the_page_and_the_appendix_keep_the_same_back(public, internal):
    demand, towns = public.measured.demand, public.measured.towns
    groups = [name for name in GROUPS if name in demand]
    places = demand[["name", "town", "rural", *groups, "geometry"]].to_crs(4326)
    page = places_columns(places, towns.to_crs(4326), "public")
    hidden = hidden_places(public.study, demand)
    assert list(~hidden) == list(page["shown"])
    assert set(groups) - set(page["groups"]) == hidden_groups(public.study, demand)
    assert "farmers" in hidden_groups(public.study, demand)
    assert not hidden_places(internal.study, demand).any()
    assert not hidden_groups(internal.study, demand)


def test_a_group_that_is_few_somewhere_is_not_told_by_place(internal, public):
    frame = places_listing(public).frame
    farmers = GROUP_NAMES["farmers"]
    assert farmers in places_listing(internal).frame.columns
    assert farmers not in frame.columns
    assert len(frame) == len(public.measured.demand) - 1
    for standard in public.study.wanted:
        if standard.group == "farmers":
            sizes = [
                np.atleast_1d(layer.size)
                for one in (public, internal)
                for layer in minute_layers(one, standard)
            ]
            half = len(sizes) // 2
            assert any(
                len(a) != len(b) or (a != b).any()
                for a, b in zip(sizes[:half], sizes[half:], strict=True)
            )


def test_flags_of_few_people_are_counted_and_not_told(internal, public):
    hidden = hidden_flags(public)
    assert hidden.any()
    assert not hidden_flags(internal).any()
    flags = public.flags
    place = flags["kind"] == "place"
    assert (hidden <= place).all()
    assert not (flags.loc[place & ~hidden, "people"].between(1, 4)).any()
    groups = hidden_groups(public.study, public.measured.demand)
    few = [one.key for one in public.study.wanted if one.group in groups]
    assert few
    assert hidden[place & flags["standard"].isin(few)].all()
    listings = sentences_listings(public)
    told = sum(len(listing.frame) for listing in listings)
    assert told == len(flags) - hidden.sum()
    notes = " ".join(note for listing in listings for note in listing.notes)
    assert f"另有 {hidden.sum()} 条" in notes


def test_the_map_of_those_left_behind_counts_whom_it_hides(internal, public, monkeypatch):
    monkeypatch.setattr(report_maps, "NAMED_PLACES", 10**6)
    ground = Ground(public.measured)
    shown, whole = (left_picture(one, ground, 1) for one in (public, internal))
    assert shown.remark == whole.remark
    named = [one.draw.keywords["names"][0].texts for one in (shown, whole)]
    short = SMALL.removesuffix("委会")
    assert short not in named[0]
    assert short in named[1]
    texts = [[t for t in texts_of(one.draw("portrait")) if " 处 " in t] for one in (shown, whole)]
    assert texts[0] == texts[1]
