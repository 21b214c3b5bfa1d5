"""The command line as planners and programs meet it: `demo` from start to end, and its manners."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from kepu import __version__
from kepu.cli import app
from kepu.console import print_headline
from kepu.folder import MANIFEST, file_digest
from kepu.job import command_text

from .zoo import healthy

ROOT = Path(__file__).parents[1]
HAN = re.compile(r"[\u4e00-\u9fff]")
TABLES = ("coverage", "places", "flags")
LAYERS = {"镇街": None, "村社区": "places", "设施": None, "覆盖": "coverage", "短板": "flags"}
CODES = {"代码": str, "镇街代码": str}
KEYS = ["设施类型", "出行方式", "时限（分钟）", "人群", "适用地区", "标准"]


def program(*arguments, cwd=None, **environment):
    """Run `kepu` as a program of its own; the output is bytes."""
    return subprocess.run(
        [sys.executable, "-m", "kepu", *map(str, arguments)],
        capture_output=True, cwd=cwd, check=False,
        env=os.environ | {"OGR_SQLITE_SYNCHRONOUS": "OFF"} | environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The illustrative study, run once: its folder and what was said."""
    out = tmp_path_factory.mktemp("demo") / "结果 1"
    done = program("demo", "--out", out, "--json", "--no-cache", PYTHONIOENCODING="utf-8")
    assert done.returncode in (0, 2), done.stderr.decode()
    return out, done


@pytest.fixture(scope="module")
def answer(demo):
    return json.loads(demo[1].stdout)


@pytest.fixture(scope="module")
def manifest(demo):
    return json.loads((demo[0] / MANIFEST).read_text("utf-8"))


@pytest.fixture(scope="module")
def sheets(demo):
    return {
        name: pd.read_csv(demo[0] / f"{name}.csv", encoding="utf-8-sig", dtype=CODES)
        for name in TABLES
    }


@pytest.fixture(scope="module")
def layers(demo):
    return {name: gpd.read_file(demo[0] / "results.gpkg", layer=name) for name in LAYERS}


@pytest.fixture
def study(tmp_path):
    """The small healthy study of the zoo."""
    return healthy.healthy().write(tmp_path / "研究 文件")


def test_demo_leaves_its_files(demo, answer, manifest):
    out, _ = demo
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names >= {"map.html", "results.gpkg", MANIFEST, *(f"{name}.csv" for name in TABLES)}
    assert names == {MANIFEST, *(entry["name"] for entry in manifest["files"])}
    assert (out / "map.html").stat().st_size <= 3_000_000
    assert Path(answer["map"]) == out / "map.html"
    for entry in manifest["files"]:
        assert entry["sha256"] == file_digest(out / entry["name"])


def test_the_answer_is_one_object_and_agrees_with_the_manifest(demo, answer, manifest):
    assert demo[1].stdout.decode("utf-8").count("\n") == 1
    assert answer["status"] == "ok"
    assert Path(answer["out"]) == demo[0]
    for key in ("tables", "warnings", "files", "flags"):
        assert answer[key] == manifest[key]
    assert manifest["illustrative"] is True
    assert manifest["people"] == answer["tables"]["demand"]["people_ok"] == 1_119_901


@pytest.mark.parametrize("name", TABLES)
def test_tables_open_in_excel(demo, name):
    """A mark at the start, rectangular, and nothing that is no number."""
    data = (demo[0] / f"{name}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\xef\xbb\xbf") == 1
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert len({len(row) for row in rows}) == 1
    assert all(HAN.search(header) for header in rows[0])
    wrong = {"nan", "inf", "none", "<na>", "true", "false", "4294967295"}
    assert not [cell for row in rows for cell in row if cell.lower() in wrong]


def test_the_parts_of_the_district_sum_to_the_whole(sheets):
    coverage = sheets["coverage"].fillna({"标准": "", "镇街代码": ""})
    numbers = ["人口", "覆盖人口", "未接入路网人口"]
    whole = coverage[coverage["范围"] == "全区"].set_index(KEYS)[numbers].sort_index()
    towns = coverage[coverage["范围"] == "镇街"].groupby(KEYS)[numbers].sum()
    halves = coverage[coverage["范围"].isin(["城镇", "乡村"])].groupby(KEYS)[numbers].sum()
    assert whole.index.is_unique
    pd.testing.assert_frame_equal(whole, towns.sort_index())
    pd.testing.assert_frame_equal(whole, halves.sort_index())
    assert (whole["覆盖人口"] + whole["未接入路网人口"] <= whole["人口"]).all()


def test_coverage_grows_with_the_threshold(sheets):
    coverage = sheets["coverage"].fillna({"标准": "", "镇街代码": ""})
    plain = coverage[coverage["标准"] == ""].sort_values("时限（分钟）")
    keys = ["范围", "镇街代码", "设施类型", "出行方式", "人群"]
    assert plain.groupby(keys)["覆盖人口"].apply(lambda s: s.is_monotonic_increasing).all()


def test_the_standards_say_the_same_everywhere(answer, sheets, layers, manifest):
    coverage = sheets["coverage"].fillna({"标准": ""})
    towns = layers["镇街"].set_index("代码")
    assert len(answer["standards"]) == len(manifest["study"]["standards"])
    for standard in answer["standards"]:
        rows = coverage[coverage["标准"] == standard["name"]]
        district = rows[rows["范围"] == "全区"].iloc[0]
        assert (district["人口"], district["覆盖人口"]) == (standard["people"], standard["covered"])
        share = standard["covered"] / standard["people"]
        assert standard["shares"]["district"] == pytest.approx(share)
        assert district["覆盖率（%）"] == pytest.approx(int(share * 1000 + 1e-9) / 10)
        assert standard["met"] == (share >= standard["goal"])
        assert (district["判定"] == "达标") == standard["met"]
        for _, row in rows[rows["范围"] == "镇街"].iterrows():
            printed = towns.at[str(row["镇街代码"]), f"{standard['name']}（%）"]
            assert printed == pytest.approx(row["覆盖率（%）"], nan_ok=True)


def test_the_places_sum_to_the_coverage(sheets, answer, manifest):
    places = sheets["places"]
    assert places["常住人口"].sum() == manifest["people"]
    groups = {"people": "常住人口", "youth": "青少年", "farmers": "农民", "workers": "产业工人",
              "elderly": "老年人", "officials": "领导干部和公务员"}  # fmt: skip
    asked = {each["key"]: each for each in manifest["study"]["standards"]}
    for standard in answer["standards"]:
        rule = asked[standard["key"]]
        met = places[f"{standard['name']}·判定"] == "达标"
        minutes = places[f"{standard['name']}·分钟"]
        assert places.loc[met, groups[rule["group"]]].sum() == standard["covered"]
        meant = places[f"{standard['name']}·判定"] != "不适用"
        assert ((minutes <= rule["minutes"])[meant] == met[meant]).all()


def test_the_flags_say_the_same_everywhere(sheets, layers, answer, manifest):
    flags, places = sheets["flags"], sheets["places"].set_index("代码")
    assert len(flags) == len(layers["短板"]) == answer["flags"] == manifest["flags"]
    villages = flags[flags["对象"] == "村（社区）"]
    short = defaultdict(set)
    for row in villages.itertuples():
        short[row.标准].add(row.代码)
        printed = places.at[row.代码, f"{row.标准}·分钟"]
        assert row.分钟 == pytest.approx(printed, nan_ok=True)
    for name, codes in short.items():
        assert (places.loc[sorted(codes), f"{name}·判定"] == "未达标").all()


@pytest.mark.parametrize("name", LAYERS)
def test_the_layers_of_the_geopackage_are_the_tables(name, sheets, layers, manifest):
    layer = layers[name]
    assert all(HAN.search(column) for column in layer.columns if column != "geometry")
    if LAYERS[name]:
        sheet = sheets[LAYERS[name]]
        assert list(layer.columns.drop("geometry", errors="ignore")) == list(sheet.columns)
        assert len(layer) == len(sheet)
        for column in sheet:
            theirs, ours = sheet[column], layer[column]
            if pd.api.types.is_numeric_dtype(ours):
                assert np.allclose(ours.astype(float), theirs.astype(float), equal_nan=True)
            else:
                ours, theirs = (s.astype(object).where(s.notna(), "") for s in (ours, theirs))
                assert list(ours) == list(theirs)
    if "geometry" in layer:
        assert layer.crs is not None
        assert layer.geometry.is_valid.all() and not layer.geometry.is_empty.any()
    if name == "设施":
        assert len(layer) == manifest["tables"]["venues"]["ok"]
    if name == "镇街":
        assert layer["人口"].sum() == manifest["people"]


def test_a_second_run_gives_the_same_bytes(demo, manifest, tmp_path):
    out, first = demo
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    again = program("demo", "--out", out, "--json", "--no-cache", PYTHONIOENCODING="utf-8")
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert before.keys() == after.keys()
    assert {path.name for path in before if before[path] != after[path]} <= {MANIFEST}
    renewed = json.loads(after[out / MANIFEST])
    assert {key for key in manifest if manifest[key] != renewed[key]} <= {"created"}
    assert list(out.parent.iterdir()) == [out]


def test_the_demo_study_passes_its_check():
    done = program("check", ROOT / "data" / "boundaries" / "study.toml", "--json")
    assert done.returncode == 0, done.stderr.decode()
    tables = json.loads(done.stdout)["tables"]
    assert all(table["quarantined"] == 0 for table in tables.values())


COMMANDS = sorted(command.name or command.callback.__name__ for command in app.registered_commands)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_speaks_both_languages(command):
    found = CliRunner().invoke(app, [*([command] if command else []), "--help"])
    assert found.exit_code == 0
    said = re.sub(r"\x1b\[[0-9;]*m", "", found.stdout)
    assert HAN.search(said)
    assert re.search(r"[a-z]+ [a-z]+ [a-z]+", said)


def test_help_cuts_no_word_on_a_narrow_console():
    commands = typer.main.get_command(app).commands
    for name, command in commands.items():
        found = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "80"})
        said = "".join(found.stdout.split())
        for option in command.params:
            assert "".join((option.help or "").split()) in said, (name, option.name)
    said = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout
    for name, command in commands.items():
        assert command.help.split(" / ")[0] in said, name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_speaks_both_languages(command):
    for option in typer.main.get_command(app).commands[command].params:
        said = getattr(option, "help", None) or ""
        assert HAN.search(said), option.name
        assert re.search(r"/ .*[A-Za-z]", said) or "--help" in option.opts, option.name


@pytest.mark.parametrize("command", COMMANDS)
def test_what_may_stay_in_quarantine_may_come_back_corrected(command):
    given = {name for one in typer.main.get_command(app).commands[command].params
             for name in one.opts}  # fmt: skip
    assert ("--with-quarantine" in given) >= ("--accept-quarantine" in given)


def test_the_commands_of_the_design_are_there():
    assert {"run", "demo", "check"} <= set(COMMANDS)


def test_names_and_paths_with_brackets_are_printed_as_they_are(capsys):
    row = {
        "name": "活动室[b]步行[/]15分钟",
        "shares": dict.fromkeys(("district", "urban", "rural")),
        "goal": 0.9,
    }
    row |= {"met": None, "verdict": "unsure", "low": None, "high": None}
    print_headline([row], Path("结果[a]"), illustrative=False)
    told = capsys.readouterr().out
    assert "[b]" in told
    assert "[/]" in told
    assert "结果[a]" in told


def test_a_command_is_told_as_it_can_be_typed():
    parts = ["s.toml", "--add-road", "tertiary@113.05,23.68;113.06,23.69", "--name", "甲 乙", ""]
    told = command_text("whatif", *parts, "C:\\数据\\a.toml", "淹没（一）.geojson")
    assert shlex.split(told.replace("\\", "\\\\")) == [
        "kepu", "whatif", *parts, "C:\\数据\\a.toml", "淹没（一）.geojson",
    ]  # fmt: skip
    assert told.startswith('kepu whatif s.toml --add-road "tertiary@')


def test_the_version_is_told():
    done = program("--version")
    assert (done.returncode, done.stdout.decode().strip()) == (0, __version__)


@pytest.mark.parametrize("arguments", [["run", "--frobnicate"], ["frobnicate"], ["run"]])
def test_a_wrong_command_line_ends_with_2(arguments):
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_study_that_is_not_there_is_named(tmp_path):
    done = program("run", tmp_path / "没有.toml", PYTHONIOENCODING="utf-8")
    said = done.stderr.decode("utf-8")
    assert done.returncode == 3
    assert done.stdout == b""
    assert said.count("[E-FILE-MISSING]") == 2
    assert "没有.toml" in said
    assert "no such file" in said
    assert not (tmp_path / "out").exists()


QUICK = ("--no-cache", "--no-appendix")


def test_a_character_that_the_console_lacks_is_escaped_in_json(tmp_path):
    """A program that reads the answer must not find question marks."""
    done = program("check", tmp_path / "没有𠮷.toml", "--json", PYTHONIOENCODING="gbk")
    (fault,) = json.loads(done.stdout.decode("gbk"))["faults"]
    assert "没有𠮷.toml" in fault["zh"]
    assert "没有?.toml" in done.stderr.decode("gbk")


def test_results_go_to_stdout_and_all_else_to_stderr(tmp_path):
    rows = healthy.healthy()
    rows.demand[4]["所属镇街"] = "山前镇"
    study = rows.write(tmp_path / "a")
    done = program("run", study, "--out", tmp_path / "o", *QUICK, PYTHONIOENCODING="utf-8")
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert done.returncode == 0
    assert "[W-" not in out
    assert err.count("[W-TOWN]") == 2
    assert all(line.startswith("[W-") for line in err.splitlines())
    assert "map.html" in out
    assert "社区科普活动室步行5分钟" in out
    assert "16.2%" in out


def test_nothing_but_results_is_said_in_a_pipe(study, tmp_path):
    done = program("run", study, "--out", tmp_path / "o", *QUICK, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    checked = program("check", study, PYTHONIOENCODING="utf-8")
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert str(healthy.ALL_PEOPLE) in checked.stdout.decode("utf-8")


def test_a_path_is_never_broken_over_lines(study, tmp_path):
    out = tmp_path / ("很长的名字" * 12)
    command = ["run", str(study), "--out", str(out), *QUICK]
    done = CliRunner().invoke(app, command, env={"COLUMNS": "60"})
    assert str(out / "map.html") in done.stdout


def set_apart(folder):
    """A study of which one village, of a name that few consoles can show, goes to quarantine."""
    files = healthy.healthy()
    files.demand[0].update(名称="𠮷田村", 经度="0", 纬度="0")
    return files.write(folder)


@pytest.fixture(scope="module")
def without_console(tmp_path_factory):
    """The results of that study, run in this process."""
    folder = tmp_path_factory.mktemp("without")
    study, out = set_apart(folder / "in"), folder / "out"
    found = CliRunner().invoke(app, ["run", str(study), "--out", str(out), *QUICK, "--json"])
    assert found.exit_code == 2
    return out


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        pytest.param({"PYTHONIOENCODING": "gbk"}, "gbk", id="gbk"),
        pytest.param({"LANG": "C", "LC_ALL": "C"}, "utf-8", id="LANG=C"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, "ascii", id="ascii", marks=pytest.mark.slow),
        pytest.param({"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}, "utf-8", id="UTF-8",
                     marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_any_console_will_do(environment, spoken, without_console, tmp_path):
    """The same files come out, whatever the console can show, and what it shows can be read."""
    study, out = set_apart(tmp_path / "a b 文件"), tmp_path / "结 果"
    done = program("run", study, "--out", out, *QUICK, "--json", **environment)
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"[Q-NULL-POINT]" in done.stderr
    answer = json.loads(done.stdout.decode(spoken))
    assert answer["standards"][0]["name"] == "社区科普活动室步行5分钟"
    told = {entry["name"]: entry["sha256"] for entry in json.loads(
        (out / MANIFEST).read_text("utf-8"))["files"]}  # fmt: skip
    assert all(file_digest(out / name) == digest for name, digest in told.items())
    for name in ("coverage.csv", "places.csv", "flags.csv", "quarantine/demand.csv"):
        assert (without_console / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are texts here")
def test_a_folder_with_a_name_in_gbk_is_read_and_not_written(tmp_path):
    """File systems shared with old machines bear names that are no UTF-8."""
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/" + "清城".encode("gbk"))
    study = healthy.healthy().write(Path(folder))
    done = program("run", study, "--out", tmp_path / "out", *QUICK)
    assert done.returncode == 0, done.stderr
    done = program("run", study, "--out", Path(folder) / "out", *QUICK)
    assert done.returncode == 3, done.stderr
    assert b"[E-OUT-WRITE]" in done.stderr
    assert not (Path(folder) / "out").exists()


def test_the_default_folder_bears_the_name_of_the_study(study, tmp_path):
    """Below the folder in which one stands."""
    assert CliRunner().invoke(app, ["run", str(study), *QUICK]).exit_code == 0
    assert (tmp_path / "out" / "study" / MANIFEST).is_file()


def test_a_foreign_folder_is_left_alone(study, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.docx").write_text("years", encoding="utf-8")
    done = program("run", study, "--out", out, PYTHONIOENCODING="utf-8")
    assert done.returncode == 3
    assert b"[E-OUT-FOREIGN]" in done.stderr
    assert [path.name for path in out.iterdir()] == ["thesis.docx"]
