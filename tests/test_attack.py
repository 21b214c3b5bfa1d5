"""
Hostile files, hours, signals and limits: what a run must survive, through the program itself.

The letters are those of the fault tests in `docs/reliability.md`; each file of tests of a reader
holds more of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from kepu.folder import MANIFEST, file_digest
from kepu.geo.errors import KepuError, LayerError, NetworkError, StudyError
from kepu.geo.names import read_names
from kepu.geo.osm import read_osm
from kepu.geo.pbf import check_complete, check_texts, there
from kepu.geo.profile import default_profiles
from kepu.layers.roads import read_roads
from kepu.layers.tables import read_table
from kepu.layers.towns import read_towns
from kepu.study_file import read_study

from .zoo import healthy, large

resource = pytest.importorskip("resource") if sys.platform == "linux" else None
TABLES = ("coverage.csv", "places.csv", "flags.csv")


def started(study, out, *, code="", before=None, **environment):
    """Start a run in a process of its own; `before` is done in it first, `code` before the run."""
    program = f"import sys\n{code}\nfrom kepu.cli import main\nsys.argv[0] = 'kepu'\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "run", str(study), "--out", str(out), "--no-cache"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        errors="replace", env=os.environ | {"OGR_SQLITE_SYNCHRONOUS": "OFF", **environment},
        preexec_fn=before,
    )  # fmt: skip


def ended(child):
    """Wait for a run; return its exit code and what it said."""
    with child:
        _, said = child.communicate()
    return child.returncode, said


def tables(out):
    return {name: (out / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return healthy.healthy().write(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def result(study, tmp_path_factory):
    """The folder of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    code, said = ended(started(study, out, TZ="Asia/Shanghai"))
    assert code == 0, said
    return out


@pytest.fixture(scope="module")
def undisturbed(result):
    return tables(result)


# Study files


HOSTILE = {
    "a number without end": ("buffer_km = 2", "buffer_km = " + "9" * 5000),
    "a number without end, of sixteen digits": ("buffer_km = 2", "buffer_km = 0x" + "f" * 9000),
    "lists without end": ("[towns]", "x = " + "[" * 5000 + "\n[towns]"),
    "keys without end": ("[towns]", "a." * 5000 + "b = 1\n[towns]"),
    "a threshold that is no number": ("[5, 15, 30]", "[nan]"),
    "a threshold without end": ("[5, 15, 30]", "[inf]"),
    "a threshold below nought": ("[5, 15, 30]", "[-5]"),
    "a threshold of nought": ("[5, 15, 30]", "[0]"),
    "a threshold beyond the horizon": ("[5, 15, 30]", "[5, 500]"),
    "a threshold finer than print": ("[5, 15, 30]", "[5.05]"),
    "a threshold twice": ("[5, 15, 30]", "[5, 5]"),
    "two standards of one name": ("科普场馆驾车30分钟", "社区科普活动室步行5分钟"),
    "a walk shorter than a straight line": (
        '[[standards]]\nkey = "room"',
        '[modes.walk]\ndetour = 0.1\n\n[[standards]]\nkey = "room"',
    ),
    "a NUL in the name of a file": ("venues.csv", "venues\\u0000.csv"),
    "a NUL in a name": ("测试区科普", "测试区\\u0000科普"),
    "colours of a terminal in a name": ("测试区科普", "测试区\\u001b[31m科普"),
    "an unknown key of an unknown mode": (
        '[[standards]]\nkey = "room"',
        '[modes.bike]\nx = 1\n\n[[standards]]\nkey = "room"',
    ),
    "another folder": ("[study]", 'folder = "/etc"\n[study]'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_study_file_is_refused_by_name(name, tmp_path):
    old, new = HOSTILE[name]
    assert healthy.TOML.count(old) == 1
    path = tmp_path / "study.toml"
    path.write_text(healthy.TOML.replace(old, new), encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study(path)
    for fault in error.value.faults:
        assert fault.zh and fault.en
        assert len(fault.zh) < 1500
        assert "\x1b" not in fault.zh


@pytest.mark.skipif(sys.platform == "win32", reason="no symbolic links")
def test_a_study_file_that_cannot_be_opened_is_refused(tmp_path):
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    for path in (loop, tmp_path, tmp_path / ("长" * 300), Path("a\0b")):
        with pytest.raises(StudyError):
            read_study(path)


def test_roads_that_cannot_be_opened_are_refused(tmp_path):
    """A name too long, or with a NUL, is what Python 3.11 raises errors of its own for."""
    for name in ("长" * 300 + ".osm.pbf", "a\0b.osm.pbf", "none.osm.pbf", ""):
        assert not there(tmp_path / name)
        for read in (check_complete, lambda path: read_roads(path, default_profiles(), sha256="0")):
            with pytest.raises(NetworkError, match="E-FILE-MISSING"):
                read(tmp_path / name)


@pytest.mark.parametrize("read", [lambda path: read_osm(path, default_profiles()), read_names])
def test_a_nul_in_a_tag_is_refused_before_it_crashes_the_process(read, tmp_path):
    """libosmium counts tags by their NULs: it would read beyond the object. Found by fuzzing."""
    field, varint = large.field, large.varint
    path = tmp_path / "roads.osm.pbf"
    head = large.blob(b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))

    def written(text, *, compressed=True):
        strings = b"".join(field(1, each) for each in (b"", b"name", text))
        way = varint(8) + varint(1) + field(2, varint(1)) + field(3, varint(2)) + field(8, b"")
        lone = b"".join(varint(n << 3) + varint(2) for n in (1, 8, 9))  # pyosmium's to read
        body = field(1, strings) + field(2, field(1, lone)) + field(2, field(3, way))
        blob = large.blob(b"OSMData", body)
        if not compressed:  # the same as it is
            inner = field(1, body)
            kind = field(1, b"OSMData") + varint(3 << 3) + varint(len(inner))
            blob = len(kind).to_bytes(4, "big") + kind + inner
        path.write_bytes(head + blob)

    for compressed in (True, False):
        written(b"a\0b\0c", compressed=compressed)
        with pytest.raises(NetworkError, match="E-OSM-READ"):
            read(path)
        with pytest.raises(ValueError, match="NUL"):
            check_texts(path)
        written(b"abc", compressed=compressed)
        check_texts(path)
    path.write_bytes(head + large.blob(b"OSMData", field(1, b"\xff\xff")))
    with pytest.raises(ValueError, match="strings"):
        check_texts(path)
    path.write_bytes(head + large.blob(b"OSMData", field(1, varint(8) + varint(5))))
    with pytest.raises(ValueError, match="NUL"):
        check_texts(path)


# F13: files


def bomb(path, name):
    """Write a zip of a few hundred kilobytes that unpacks to 300 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as to:
        for _ in range(300):
            to.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    return path


def test_bombs_are_not_unpacked(tmp_path):
    with pytest.raises(LayerError, match="E-XLSX-SIZE"):
        read_table(bomb(tmp_path / "bomb.xlsx", "xl/worksheets/sheet1.xml"))
    with pytest.raises(LayerError):
        read_towns(bomb(tmp_path / "bomb.zip", "towns.shp"), datum="WGS84", year=2021)


@pytest.mark.parametrize("name", ["../../towns.shp", "/tmp/towns.shp", "C:\\towns.shp"])
def test_a_zip_writes_nowhere_else(name, tmp_path):
    path = tmp_path / "in" / "slip.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x" * 200)
    with pytest.raises(LayerError):
        read_towns(path, datum="WGS84", year=2021)
    assert [each.name for each in tmp_path.iterdir()] == ["in"]
    assert not Path("/tmp/towns.shp").exists()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def test_entities_of_a_workbook_are_refused(tmp_path):
    """A billion laughs, and a file of the computer."""
    book = tmp_path / "laughs.xlsx"
    import openpyxl

    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for entity in (f'<!ENTITY l0 "ha">{LAUGHS}', '<!ENTITY l9 SYSTEM "file:///etc/passwd">'):
        sheet = (
            f"<?xml version='1.0'?><!DOCTYPE x [{entity}]><worksheet xmlns="
            "'http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row r='1'>"
            "<c r='A1' t='inlineStr'><is><t>&l9;</t></is></c><c r='B1'><f>1+1</f></c></row>"
            "</sheetData></worksheet>"
        )
        with zipfile.ZipFile(book, "w") as archive:
            for name, content in parts.items():
                inner = sheet.encode() if name.endswith("sheet1.xml") else content
                archive.writestr(name, inner)
        try:
            found = read_table(book)
        except KepuError:
            continue
        cells = found.cells.to_csv()
        assert "root:" not in cells
        assert len(cells) < 1000


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_lists_without_end_in_geojson_are_refused(depth, tmp_path):
    path = tmp_path / "deep.geojson"
    path.write_text('{"type":"FeatureCollection","features":' + "[" * depth)
    with pytest.raises(LayerError):
        read_towns(path, datum="WGS84", year=2021)


def test_a_mistyped_vertex_that_makes_a_town_a_continent_is_refused(tmp_path):
    """Found by fuzzing: 153 degrees for 113 was read, after a quarter of a minute."""
    towns = healthy.outlines()
    path = tmp_path / "towns.geojson"
    path.write_text(json.dumps(towns), "utf-8")
    read_towns(path, datum="WGS84", year=2021)
    (ring,) = towns["features"][-1]["geometry"]["coordinates"]
    ring[1][0] += 40
    path.write_text(json.dumps(towns), "utf-8")
    with pytest.raises(LayerError, match="E-TOWN-EXTENT"):
        read_towns(path, datum="WGS84", year=2021)


def test_a_huge_sparse_file_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(10 * 2**30)

    whole = Path.open

    def other(self, *words, **options):
        assert self != path, "it is read"
        return whole(self, *words, **options)

    monkeypatch.setattr(Path, "open", other)
    with pytest.raises(LayerError, match="E-FILE-BIG"):
        read_table(path)


# F4, F10, F11, F17, F18: around a run


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no symbolic links")
def test_links_in_the_results_folder_are_not_followed(study, undisturbed, tmp_path):
    """A link where our table will stand must not overwrite what it points to."""
    out, victim = tmp_path / "out", tmp_path / "victim.csv"
    assert ended(started(study, out))[0] == 0
    victim.write_text("mine")
    (out / "places.csv").unlink()
    (out / "places.csv").symlink_to(victim)
    (out / "notes").symlink_to(tmp_path)
    assert ended(started(study, out))[0] == 0
    assert victim.read_text() == "mine"
    assert not (out / "places.csv").is_symlink()
    assert tables(out) == undisturbed


DROP_FROM_BOUNDING_SET, MAY_WRITE_ANYWHERE = 24, 1
"""Of Linux: `PR_CAPBSET_DROP` and `CAP_DAC_OVERRIDE`."""


def like_anybody():
    """Give up, in a child of root, the right to write where permissions say no."""
    if ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, MAY_WRITE_ANYWHERE, 0, 0, 0):
        raise OSError("the right cannot be given up")


@pytest.mark.skipif(sys.platform == "win32", reason="other permissions")
@pytest.mark.parametrize("place", ["closed/out", "full"])
def test_a_folder_that_cannot_be_written_is_told_before_the_work(place, study, result, tmp_path):
    """F4: a folder in which none may be made, and an old result that may not be replaced."""
    root = os.geteuid() == 0
    if root and sys.platform != "linux":
        pytest.skip("root may write anywhere")
    closed, out = tmp_path / "closed", tmp_path / "closed" / "out"
    closed.mkdir()
    if place == "full":
        shutil.copytree(result, out)
    closed.chmod(0o500)
    try:
        code, said = ended(started(study, out, before=like_anybody if root else None))
    finally:
        closed.chmod(0o700)
    assert code == 3, said
    assert "[E-OUT-WRITE]" in said
    if place == "full":
        assert tables(out) == tables(result)
    assert [each.name for each in closed.iterdir()] == (["out"] if place == "full" else [])


@pytest.mark.parametrize(
    "zone",
    [*(pytest.param(zone, marks=pytest.mark.slow) for zone in ("UTC", "America/New_York")),
     "Pacific/Kiritimati"],
)  # fmt: skip
def test_the_time_zone_and_the_dates_of_files_change_nothing(zone, study, undisturbed, tmp_path):
    """F10: files of the future, in any zone; all tables byte for byte."""
    for path in study.parent.iterdir():
        os.utime(path, (4_000_000_000, 4_000_000_000))
    code, said = ended(started(study, tmp_path / "out", TZ=zone))
    assert code == 0, said
    assert tables(tmp_path / "out") == undisturbed


@pytest.mark.slow
def test_of_eight_runs_in_one_folder_each_is_whole_or_refused(study, undisturbed, tmp_path):
    """F11."""
    out = tmp_path / "out"
    runs = [ended(child) for child in [started(study, out) for _ in range(8)]]
    codes = sorted(code for code, _ in runs)
    assert codes[0] == 0
    assert set(codes) <= {0, 3}
    assert all(code == 0 or "[E-OUT-LOCKED]" in said for code, said in runs)
    assert tables(out) == undisturbed


OFFLINE = """
import socket
def refuse(*_, **__):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.create_connection = refuse
"""


def test_a_run_asks_the_network_for_nothing(study, undisturbed, tmp_path):
    """F17."""
    code, said = ended(started(study, tmp_path / "out", code=OFFLINE))
    assert code == 0, said
    assert tables(tmp_path / "out") == undisturbed


def stopped(study, out, number, wait):
    with started(study, out) as child:
        time.sleep(wait)
        child.send_signal(number)
        try:
            child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    if out.exists():
        manifest = json.loads((out / MANIFEST).read_text("utf-8"))
        for entry in manifest["files"]:
            assert file_digest(out / entry["name"]) == entry["sha256"]


SIGNALS, LANES, LONGEST_SECONDS = 50, 2, 6.0


def lane(study, folder, number):
    """Disturb runs into one folder, every `LANES`th of the instants; return what then stands."""
    folder.mkdir()
    for turn in range(number, SIGNALS, LANES):
        kind = (signal.SIGINT, signal.SIGTERM)[turn // LANES % 2]
        stopped(study, folder / "out", kind, LONGEST_SECONDS * turn / SIGNALS)
    assert ended(started(study, folder / "out"))[0] == 0
    assert [path.name for path in folder.iterdir()] == ["out"]
    return tables(folder / "out")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_signals_stop_a_run_and_leave_no_part(study, undisturbed, tmp_path):
    """F18: Ctrl-C and SIGTERM at fifty instants; then a run as if nothing had been."""
    with ThreadPoolExecutor(LANES) as pool:
        lanes = pool.map(lambda n: lane(study, tmp_path / f"{n}", n), range(LANES))
        assert list(lanes) == [undisturbed] * LANES


# F12: memory


def at_most_four_gigabytes():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no limit on memory")
def test_two_million_edges_fit_into_four_gigabytes(tmp_path):
    """F12: a whole run by car, map and all, for 5,000 places and 500 venues."""
    study = large.write(tmp_path / "study")
    code, said = ended(started(study, tmp_path / "out", before=at_most_four_gigabytes))
    assert code == 0, said[-2000:]
    told = pd.read_csv(tmp_path / "out" / "coverage.csv")
    people = 100 * 5_000 + sum(i % 900 for i in range(5_000))
    assert people in told.to_numpy()
