"""
The fault zoo: a healthy study, one thing changed, and what must come of it, through `kepu` itself.

`zoo/` holds the study and the faults, each with its declared outcome. Nothing may pass in silence:
a fault is refused, set apart with its people counted, warned of, or read for what it is.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

import kepu.cli
from kepu.coverage.times import travel_times
from kepu.folder import MANIFEST, claimed, file_digest
from kepu.geo.crs import is_metric, require_metric
from kepu.geo.errors import CrsError
from kepu.geo.profile import default_profiles
from kepu.geo.tags import maxspeed_kmh
from kepu.inputs import read_layers
from kepu.layers.cells import CellError, longitude, people
from kepu.layers.roads import read_roads
from kepu.study import survey
from kepu.study_file import read_study

from .zoo import healthy, keeper
from .zoo.faults import FAULTS

balanced, run = keeper.balanced, keeper.kepu
ROOM, HALL = "社区科普活动室步行5分钟·分钟", "科普场馆驾车30分钟·分钟"


@pytest.fixture(scope="module", autouse=True)
def _quick_disk():
    """Databases need not survive a power cut here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OGR_SQLITE_SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="module")
def ok(tmp_path_factory):
    """The healthy study, by how far it is moved."""
    cache = {}

    def outcome(moved=(0.0, 0.0)):
        if moved not in cache:
            folder = tmp_path_factory.mktemp("healthy")
            study = healthy.healthy(*moved).write(folder / "in")
            cache[moved] = run("run", study, out=folder / "out")
        return cache[moved]

    return outcome


def test_the_healthy_study_is_healthy(ok, tmp_path):
    found = ok()
    assert found.exit == 0, found.stderr
    assert found.stderr == ""
    assert found.answer["warnings"] == []
    balanced(found.answer["tables"])
    assert found.answer["tables"]["demand"]["people_in"] == healthy.ALL_PEOPLE
    room, hall, book = (found.standards[key] for key in ("room", "hall", "book"))
    assert (room["people"], room["covered"]) == (healthy.ALL_PEOPLE, healthy.ROOM_PEOPLE)
    assert (hall["people"], hall["covered"]) == (healthy.ALL_PEOPLE, healthy.ALL_PEOPLE)
    assert 0 < book["covered"] <= book["people"]
    ids = found.layer("设施")["编号"]
    assert list(ids) == [f"{13001 + number:06d}" for number in range(healthy.VENUES)]
    checked = run("check", healthy.healthy().write(tmp_path))
    assert (checked.exit, checked.stderr) == (0, "")


def test_the_healthy_study_is_healthy_in_the_far_west_too(ok):
    west = ok((-28.0, 19.0))
    assert west.exit == 0, west.stderr
    assert west.stderr == ""
    for key in ("room", "hall"):
        assert west.standards[key]["covered"] == ok().standards[key]["covered"]


def test_there_are_many_faults_of_every_family():
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 280
    families = Counter(name.split()[0].rstrip("0123456789") for name in names)
    assert set(families) == set("CNXVRAO")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_planted(fault, ok, tmp_path):
    files = healthy.healthy(*fault.moved)
    fault.change(files)
    if not fault.name.startswith("R"):  # rings take a third of a run and hang on roads alone
        files.toml += "\n[map]\nisochrones = false\n"
    study = files.write(tmp_path / "in")
    options = ["--accept-quarantine"] if fault.accept else []
    found = run("run", study, *options, out=tmp_path / "out")
    assert found.exit == fault.exit, found.stderr[:3000] or found.stdout[:1000]
    for code in fault.codes:
        keeper.both_languages(code, found.stderr)
    for words in fault.says:
        assert words in found.stderr, f"{words} is not said:\n{found.stderr[:2000]}"
    (refused if fault.exit == 3 else answered)(fault, found, ok(fault.moved))
    checked = run("check", study)
    assert checked.exit == fault.check, checked.stderr[:3000]
    if fault.check != 3:
        balanced(checked.answer["tables"])


def refused(fault, found, _):
    assert found.answer["status"] == "refused"
    assert set(fault.codes) <= {each["code"] for each in found.answer["faults"]}
    assert not found.out.exists()


def answered(fault, found, ok):
    tables, before = found.answer["tables"], ok.answer["tables"]
    balanced(tables)
    for name, table in tables.items():
        assert bool(table["quarantined"]) == (name == fault.table)
    hall = fault.people if fault.hall is None else fault.hall
    assert tables["demand"]["people_ok"] == before["demand"]["people_ok"] + fault.people
    for key, more in (("room", fault.room), ("hall", hall)):
        now, then = found.standards[key], ok.standards[key]
        assert now["people"] == then["people"] + fault.people
        if more is not None:
            assert now["covered"] == then["covered"] + more
    if fault.table:
        quarantine_holds(fault, found)
    if fault.also:
        fault.also(found, ok)
    said = {code for code in fault.codes if code.startswith("W-")}
    assert said <= {warning["code"] for warning in found.answer["warnings"]}
    if not fault.codes:
        assert found.stderr == "", "a warning that was not declared"


def quarantine_holds(fault, found):
    path = found.out / "quarantine" / f"{fault.table}.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = {int(row["_row"]): row for row in csv.DictReader(stream)}
    row = rows[fault.row]
    assert set(row["_code"].split(";")) & set(fault.codes)
    assert row["_reason_zh"] and row["_reason_en"] and row["_remedy"]
    assert found.answer["tables"][fault.table]["quarantined"] == len(rows)
    files = healthy.healthy(*fault.moved)
    fault.change(files)
    if f"{fault.table}.csv" not in files.csv_bytes and f"{fault.table}.xlsx" not in files.toml:
        for column, cell in getattr(files, fault.table)[fault.row - 2].items():
            assert row[column].removeprefix("'") == cell


@pytest.mark.parametrize("crs", [4326, 3857, None])
def test_metric_functions_refuse_degrees_and_web_mercator(crs, tmp_path):
    """C7."""
    files = healthy.healthy()
    study = read_study(files.write(tmp_path))
    layers = read_layers(study)
    demand = layers.demand.to_crs(crs) if crs else layers.demand.set_crs(None, allow_override=True)
    assert not is_metric(demand.crs)
    with pytest.raises(CrsError, match="E-CRS-METRIC"):
        require_metric(demand, "demand")
    walk = default_profiles()["walk"]
    network = read_roads(tmp_path / "roads.osm.pbf", default_profiles()).network
    with pytest.raises(CrsError, match="E-CRS-METRIC"):
        travel_times(network, walk, demand, layers.venues, horizon_minutes=5)


LONGITUDES = {
    "113.023": True, "１１３．０２３": True, " 113.023 ": True, "113.023°": True, "113.023度": True,
    "113.023E": True, "E113.023": True, "东经113.023": True, "+113.023": True,
    "113°1′22.8″": True, "113°01'22.8\"": True, "113度1分22.8秒": True, "东经113°1′22.8″": True,
    "113°1.38′": True, "113°01′22.8″E": True,
    "113，023": False, "113,023": False, "113.02.3": False, "113°61′": False, "113°1′60″": False,
    "113.023N": False, "113 1 22.8": False, "113-1-22": False, "11302.3": False, "1.13e2": False,
    "113.0.": False, "约113": False, "nan": False, "inf": False, "#N/A": False, "-": False,
    "113.023W": None, "-113.023": None,
}  # fmt: skip
NUMBERS = {
    "1234": 1234, "1,234": 1234, "１２３４": 1234, "１，２３４": 1234, " 1234 ": 1234,
    "1234人": 1234, "1234 人": 1234, "1,234人": 1234, "0.1234万": 1234, "0.1234万人": 1234,
    "1.234千人": 1234, "1234.0": 1234, "1,234.00": 1234, "1234\u200b": 1234, "\u3000234": 234,
    "0": 0, "007": 7, "1,234,567": 1_234_567,
    "12,34": None, "1 234": None, "12 34": None, "1'234": None, "1_234": None, "1.234.5": None,
    "约1234": None, "1234左右": None, "1000-1234": None, "1234多": None, ">1000": None,
    "1e3": None, "1.234e3": None, "1234.5": None, "1.5人": None, "0.00001万": None,
    "-1234": None, "—": None, "NA": None, "null": None, "#N/A": None, "=1+1": None, "一千": None,
    "1234户": None, "1234（2020年）": None, "٤٥": None, "5²": None, "½": None, "∞": None,
    "0x10": None, "O123": None, "l234": None, "99999999999": None, "万": None, "1234*": None,
}  # fmt: skip


def read_or_none(parse, cell):
    try:
        return parse(cell)
    except CellError:
        return None


def test_every_spelling_of_a_longitude_is_exact_or_refused():
    """C10."""
    for cell, right in LONGITUDES.items():
        value = read_or_none(longitude, cell)
        expected = None if right is False else 113.023 if right else -113.023
        assert value == (None if expected is None else pytest.approx(expected, abs=1e-9)), cell


def test_every_spelling_of_a_number_is_exact_or_refused():
    """X1."""
    assert len(NUMBERS) >= 40
    for cell, value in NUMBERS.items():
        assert read_or_none(people, cell) == value, cell


@pytest.mark.parametrize("column", ["常住人口", "经度"])
def test_every_refused_spelling_is_set_apart_by_the_command(column, tmp_path):
    """X1, C10: each where it stands, with the cell as it was."""
    files = healthy.healthy()
    cells = NUMBERS if column == "常住人口" else LONGITUDES
    bad = [cell for cell, value in cells.items() if value is (None if column != "经度" else False)]
    for row, cell in zip(files.demand, bad, strict=False):
        row[column] = cell
    found = run("check", files.write(tmp_path / "in"), "--out", str(tmp_path / "out"))
    assert found.exit == 2, found.stderr[:2000]
    with (tmp_path / "out/quarantine/demand.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["_row"]) for row in rows] == list(range(2, 2 + len(bad)))
    assert [row[column].removeprefix("'") for row in rows] == bad
    balanced(found.answer["tables"])
    if column == "常住人口":
        assert found.answer["tables"]["demand"]["people_unknown"] == len(bad)


def cut_offsets(data, count):
    """Return where to cut a CSV: anywhere but after a whole row, a fifth within its last cell."""
    rng = random.Random(13)
    ends = [i for i, byte in enumerate(data) if byte == ord("\n")]
    inside = [rng.choice(ends[40:]) - back for back in (0, 1) for _ in range(count // 10)]
    free = [i for i in range(1000, len(data) - 1) if data[i - 1] != ord("\n")]
    return [*inside, *rng.sample(free, count - len(inside))]


def test_a_table_cut_anywhere_is_refused(tmp_path):
    """X13: all but cuts after a whole row, which nobody can see."""
    study = healthy.healthy().write(tmp_path)
    path = tmp_path / "demand.csv"
    data, silent = path.read_bytes(), []
    for offset in cut_offsets(data, 50):
        path.write_bytes(data[:offset])
        found = run("check", study)
        if found.exit != 3 and "W-" not in found.stderr:
            silent.append(f"{offset}: {data[:offset].decode('utf-8', 'replace')[-40:]!r}")
    assert not silent, "\n".join(silent)


def block_cuts():
    """Return where to cut: each block's end, 2 bytes on, and its middle; 9 blocks in all."""
    return [(number, where) for number in range(9) for where in ("end", "end + 2", "middle")][:-2]


@pytest.mark.parametrize(("number", "where"), block_cuts())
def test_roads_cut_at_a_block_are_refused(number, where, tmp_path):
    """V10: readers notice nothing when a file ends with a block."""
    files = healthy.healthy()
    study = files.write(tmp_path)
    path = tmp_path / "roads.osm.pbf"
    healthy.write_roads(path, files.nodes, files.ways, blocks=4)
    data = path.read_bytes()
    begin, end = [*pairwise([0, *healthy.block_ends(data)])][number]
    at = {"end": end, "end + 2": end + 2, "middle": (begin + end) // 2}[where]
    path.write_bytes(data[:at])
    if number == 8 and where == "end":
        assert run("run", study, out=tmp_path / "out").exit == 0
        return
    found = run("run", study, out=tmp_path / "out")
    assert found.exit == 3, found.stderr
    assert re.search(r"\[E-OSM-(CUT|LOST-WAYS|NO-ROADS|READ)\].*roads\.osm\.pbf", found.stderr)


def minutes(found, column):
    return [row[column] for row in found.sheet("places")]


def test_one_way_streets_and_directions(ok, tmp_path):
    """R7: `-1` is `yes` from the other end, and out is not back."""

    def times(name, value, direction="to_venue", turned=False):
        files = healthy.healthy()
        refs, tags = files.ways[healthy.edge(files.ways, (2, 2), (3, 2))]
        tags["oneway"] = value
        if turned:
            refs.reverse()
        files.say("buffer_km = 2", f'buffer_km = 2\ndirection = "{direction}"')
        found = run("run", files.write(tmp_path / name / "in"), out=tmp_path / name / "out")
        assert (found.exit, found.stderr) == (0, "")
        return minutes(found, HALL)

    forward, backward = times("yes", "yes"), times("-1", "-1")
    assert times("turned", "-1", turned=True) == forward
    assert forward != backward
    assert forward[50:] == minutes(ok(), HALL)[50:]
    assert times("from", "yes", "from_venue") == backward


LIMITS = {
    "50": 50, "50;80": 50, "80;50": 50, "50|80": 50, "５０": 50, "50 km/h": 50, "50kph": 50,
    "30 mph": 48.28032, " 60 ": 60, "60.5": 60.5,
    "CN:urban": None, "none": None, "signals": None, "walk": None, "0": None, "-50": None,
    "": None, None: None, "1000": None, "50;walk": None, "1e2": None, "variable": None,
}  # fmt: skip


@pytest.mark.parametrize("tag", LIMITS)
def test_speed_limits_are_read_or_left_alone(tag):
    """R9."""
    assert maxspeed_kmh(tag) == (LIMITS[tag] and pytest.approx(LIMITS[tag]))


def with_limit(folder, limit):
    files = healthy.healthy()
    for start in (1, 2, 3):
        files.ways[healthy.edge(files.ways, (start, 2), (start + 1, 2))][1]["maxspeed"] = limit
    for end in (3, 1):
        files.ways[healthy.edge(files.ways, (2, 2), (2, end))][1]["maxspeed"] = limit
        files.ways[healthy.edge(files.ways, (3, 2), (3, end))][1]["maxspeed"] = limit
    return files.write(folder)


def page_texts(page):
    """Return the texts of the packed blocks of a page."""
    packed = re.findall(r'<script type="text/plain" id="[^"]+">([^<]*)</script>', page)
    assert packed
    raw = [zlib.decompress(base64.b64decode(block)) for block in packed]
    return [data[4 : 4 + int.from_bytes(data[:4], "little")].decode() for data in raw]


def test_a_limit_slows_cars_and_the_share_of_assumed_speeds_is_told(ok, tmp_path):
    """R9."""
    slow = run("run", with_limit(tmp_path / "slow", "10"), out=tmp_path / "slow/out")
    free = run("run", with_limit(tmp_path / "free", "none"), out=tmp_path / "free/out")
    assert float(minutes(slow, HALL)[0]) > float(minutes(ok(), HALL)[0])
    assert minutes(free, HALL) == minutes(ok(), HALL)
    shares = [
        json.loads((found.out / MANIFEST).read_text("utf-8"))["modes"]["car"]["assumed_speed_share"]
        for found in (slow, ok(), free)
    ]
    assert 0 < shares[0] < shares[1] == shares[2] < 1
    texts = page_texts((slow.out / "map.html").read_text("utf-8"))
    assert any("无限速标注的道路里程占" in text for text in texts)


def test_the_cache_follows_the_bytes_of_the_file(tmp_path, monkeypatch):
    """R16: warm is cold, a changed file is read again, a damaged cache is thrown away."""
    monkeypatch.setattr("kepu.job.cache_folder", lambda: tmp_path / "cache")

    def cached(name, study):
        arguments = ["run", str(study), "--json", "--no-appendix", "--out", str(tmp_path / name)]
        found = keeper.CliRunner().invoke(kepu.cli.app, arguments)
        assert found.exit_code == 0, found.stderr
        return keeper.Outcome(0, found.stdout, found.stderr, tmp_path / name)

    study = with_limit(tmp_path / "in", "50")
    cold, warm = cached("cold", study), cached("warm", study)
    (kept,) = (tmp_path / "cache").glob("*.roads")
    for name in ("coverage.csv", "places.csv", "flags.csv", "results.gpkg"):
        assert (cold.out / name).read_bytes() == (warm.out / name).read_bytes()
    with_limit(tmp_path / "in", "10")
    changed = cached("changed", study)
    assert float(minutes(changed, HALL)[0]) > float(minutes(cold, HALL)[0])
    assert len(list((tmp_path / "cache").glob("*.roads"))) == 2
    with_limit(tmp_path / "in", "50")
    data = bytearray(kept.read_bytes())
    data[len(data) // 2] ^= 1
    kept.write_bytes(data)
    mended = cached("mended", study)
    keeper.both_languages("W-CACHE", mended.stderr)
    assert minutes(mended, HALL) == minutes(cold, HALL)


def test_a_time_equal_to_the_threshold_is_covered(tmp_path):
    """A1: exactly, and a tenth of a second less is not."""
    files = healthy.healthy()
    study = read_study(files.write(tmp_path / "in"))
    times = survey(study, read_layers(study)).times["walk"]
    rooms = [number for number, row in enumerate(files.venues) if row["状态"] == "在用"]
    ticks = int(times.ticks[0, rooms].min())
    whole_minutes = -(-ticks // 600)
    covered = []
    for late in (0, 1):
        seconds = (whole_minutes * 600 - ticks + late) / 10
        files.toml = f"{healthy.TOML}\n[modes.walk]\narrival_seconds = {seconds}\n".replace(
            "minutes = 5\n", f"minutes = {whole_minutes}\n"
        )
        found = run("run", files.write(tmp_path / "in"), out=tmp_path / f"late {late}")
        covered.append(found.sheet("places")[0]["社区科普活动室步行5分钟·判定"])
    assert covered == ["达标", "未达标"]


def test_nothing_that_is_no_number_leaves_the_program(tmp_path):
    """A3, A4: a village without a road counts as nought, and all parts sum to their wholes."""
    fault = next(fault for fault in FAULTS if fault.name == "R1 far from every road")
    files = healthy.healthy()
    fault.change(files)
    found = run("run", files.write(tmp_path / "in"), out=tmp_path / "out")
    wrong = re.compile(
        r"\b(nan|inf|infinity|none|<na>|4294967295|4294967\.3|65535)\b", re.IGNORECASE
    )
    for name in ("coverage", "places", "flags"):
        for row in found.sheet(name):
            assert not [cell for cell in row.values() if wrong.fullmatch(cell)]

    def refuse(text):
        raise AssertionError(text)

    json.loads((found.out / MANIFEST).read_text("utf-8"), parse_constant=refuse)
    page = (found.out / "map.html").read_text("utf-8")
    for text in page_texts(page):
        json.loads(text, parse_constant=refuse)
    for layer in ("镇街", "村社区", "设施"):
        frame = found.layer(layer)
        assert np.isfinite(frame.geometry.get_coordinates()).all(axis=None)
    rows = [r for r in found.sheet("coverage") if r["标准"].startswith("科普场馆")]
    district = next(row for row in rows if row["范围"] == "全区")
    assert int(district["未接入路网人口"]) == healthy.FEW
    assert int(district["覆盖人口"]) == healthy.ALL_PEOPLE - healthy.FEW
    assert int(district["人口"]) == healthy.ALL_PEOPLE
    assert district["覆盖率（%）"] == "99.9"


HOSTILE = (
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "${alert(1)}",
    "`${1}`", "\"'&<>\\", "{{7*7}}{% x %}", "]]><!--", "x'); DROP TABLE 村社区;--",
    "../../etc/passwd", "CON", "\u202c".replace("\u202c", "名\u0301"),
)  # fmt: skip


def test_hostile_texts_come_out_as_they_went_in(tmp_path):
    """O4, O8: in tables verbatim, in the page as data, never as the name of a file."""
    files = healthy.healthy()
    for number, text in enumerate(HOSTILE):
        files.demand[number]["名称"] = text
        files.venues[number].update(名称=text, 地址=text, 来源=text)
    files.say('name = "测试区科普设施覆盖分析"', "name = '''../../" + HOSTILE[1] + "'''")
    files.say('name = "科普场馆驾车30分钟"', f"name = '''{HOSTILE[0]}'''")
    files.say('file = "venues.csv"', f"file = \"venues.csv\"\nsource = '''{HOSTILE[1]}'''")
    files.towns["features"][1]["properties"]["name"] = "<b>山前镇"
    for row in (*files.demand, *files.venues):
        row["所属镇街"] = row["所属镇街"].replace("山前镇", "<b>山前镇")
    found = run("run", files.write(tmp_path / "in"), out=tmp_path / "out")
    assert found.exit == 0, found.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
    names = {path.relative_to(found.out).as_posix() for path in found.out.rglob("*")}
    tables = "access access_areas bands conditions coverage equity flags index indicators".split()
    tables += ["places", "surveys"]
    assert names == {*(f"{name}.csv" for name in tables), "results.gpkg", "map.html", MANIFEST}
    assert [row["名称"] for row in found.sheet("places")][: len(HOSTILE)] == list(HOSTILE)
    assert list(found.layer("村社区")["名称"][: len(HOSTILE)]) == list(HOSTILE)
    assert list(found.layer("设施")["名称"][: len(HOSTILE)]) == list(HOSTILE)
    page = (found.out / "map.html").read_text("utf-8")
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "<b>山前镇" not in page


def test_formulas_are_texts(tmp_path):
    """O5: what a spreadsheet would compute bears an apostrophe in CSV, and nothing in QGIS."""
    files = healthy.healthy()
    risky = ("+1+1", "-2+3", "@SUM(A1)", "＝1+1", " +1")
    for row, name in zip(files.demand, risky, strict=False):
        row["名称"] = name
    files.demand[5].update(名称='=HYPERLINK("http://x")')
    found = run("run", files.write(tmp_path / "in"), out=tmp_path / "out")
    assert found.exit == 2, found.stderr
    keeper.both_languages("Q-FORMULA", found.stderr)
    names = [row["名称"] for row in found.sheet("places")][: len(risky)]
    assert names == [f"'{name.strip()}" for name in risky]
    layer = found.layer("村社区")
    assert list(layer["名称"][: len(risky)]) == [name.strip() for name in risky]
    for path in (*found.out.glob("*.csv"), *found.out.glob("quarantine/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                for cell in row.values():
                    assert not re.match(r"\s*[=@＝]|[\t\r]", cell), (path.name, cell)
                    assert not re.match(r"\s*[+-]", cell) or re.fullmatch(r"-?[\d.]+", cell)


def test_the_page_asks_nobody_for_anything(ok):
    """O10."""
    page = (ok().out / "map.html").read_text("utf-8")
    for attribute in re.findall(r"""\b(?:src|href)\s*=\s*["']?([^"'\s>]+)""", page):
        assert not attribute.startswith(("http:", "https:", "//")), attribute
    assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", page)


def environment():
    return os.environ | {"OGR_SQLITE_SYNCHRONOUS": "OFF"}


def started(study, out, preexec_fn=None, **variables):
    program = [sys.executable, "-m", "kepu", "run", str(study), "--no-cache", "--no-appendix"]
    return subprocess.Popen(
        [*program, "--out", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, env=environment() | variables, preexec_fn=preexec_fn,
    )  # fmt: skip


def whole(out):
    """Return the name of the study whose whole result a folder holds."""
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    for entry in manifest["files"]:
        assert file_digest(out / entry["name"]) == entry["sha256"]
    return manifest["study"]["study"]["name"]


@pytest.fixture(scope="module")
def two_studies(tmp_path_factory):
    """An old study with its result, and a new one."""
    folder = tmp_path_factory.mktemp("two")
    files = healthy.healthy()
    old = run("run", files.write(folder / "old"), out=folder / "result")
    assert old.exit == 0
    files.say("测试区科普设施覆盖分析", "新")
    return files.write(folder / "new"), folder / "result"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not there")
def test_killed_at_any_instant_the_old_result_or_the_new_stands(two_studies, tmp_path):
    """O1: twice at work, five times while it writes."""
    study, out = two_studies
    new, rng, killed, seen = out.with_name(f".{out.name}.new"), random.Random(1), 0, Counter()
    for number in range(7):
        shed = tmp_path / str(number)
        shed.mkdir()
        where, name = (shed, "*.lock") if number < 2 else (new, "coverage.csv")
        child = started(study, out, TMPDIR=str(shed))
        while not any(where.glob(name)) and child.poll() is None:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.6)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        killed += child.returncode == -signal.SIGKILL
        if out.exists():
            whole(out)
        with claimed(out):
            seen[whole(out)] += 1
        assert [path.name for path in out.parent.glob(".*")] == []
    assert killed >= 1
    assert seen["测试区科普设施覆盖分析"] >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("kilobytes", [20, 130, 350])
def test_a_full_disk_leaves_the_old_result(kilobytes, two_studies):
    """O2: the tables, the GeoPackage or the map cannot be written."""
    import resource

    def no_more():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    study, out = two_studies
    before = (out / MANIFEST).read_bytes()
    child = started(study, out, preexec_fn=no_more)
    _, said = child.communicate()
    assert child.returncode == 3, said
    keeper.both_languages("E-OUT-WRITE", said)
    assert (out / MANIFEST).read_bytes() == before
    whole(out)
    assert [path.name for path in out.parent.glob(".*")] == []


@pytest.mark.parametrize("calls", [1, 2, 3, 5])
def test_no_space_left_at_any_file_leaves_the_old_result(calls, two_studies, monkeypatch):
    """O2: a disk that is full when the file is to be kept."""
    study, out = two_studies
    before, left, real = (out / MANIFEST).read_bytes(), [calls], os.fsync

    def fsync(number):
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    found = run("run", study, out=out)
    assert found.exit == 3
    keeper.both_languages("E-OUT-WRITE", found.stderr)
    assert (out / MANIFEST).read_bytes() == before
    whole(out)


@pytest.mark.parametrize(
    ("name", "code"),
    [("C1 demand columns", 3), ("C1 one place", 2), ("C9 four places at one point", 0)],
)
def test_the_program_itself_ends_with_the_same_code(name, code, tmp_path):
    fault = next(fault for fault in FAULTS if fault.name == name)
    files = healthy.healthy()
    fault.change(files)
    child = started(files.write(tmp_path / "in"), tmp_path / "out")
    _, said = child.communicate()
    assert child.returncode == code
    keeper.both_languages(fault.codes[0], said)


def test_a_graph_of_osmnx_serves_as_roads(ok, tmp_path):
    """R6: lengths are measured, never believed; a graph without positions is refused."""
    import networkx as nx
    from osmnx import save_graphml

    from kepu.geo.interchange import to_networkx

    files = healthy.healthy()
    files.say('file = "roads.osm.pbf"', 'file = "roads.graphml"')
    study = files.write(tmp_path / "in")
    profiles = default_profiles()
    network = read_roads(tmp_path / "in/roads.osm.pbf", profiles).network
    graph = to_networkx(network, profiles["walk"])
    for _, _, facts in graph.edges(data=True):
        facts["length"] = 1.0
    path = tmp_path / "in/roads.graphml"
    save_graphml(graph, path)
    found = run("run", study, out=tmp_path / "out")
    assert found.exit == 0, found.stderr
    assert found.standards["room"] == ok().standards["room"]
    bare = nx.MultiDiGraph(graph)
    for _, facts in bare.nodes(data=True):
        facts.pop("x")
    save_graphml(bare, path)
    spoilt = run("run", study, out=tmp_path / "out")
    assert spoilt.exit == 3, spoilt.stderr
    assert "[E-GRAPH-FIELD]" in spoilt.stderr or "[E-OSM-READ]" in spoilt.stderr
