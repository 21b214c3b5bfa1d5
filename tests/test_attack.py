"""
Hostile files, hours, signals and limits: what a run must survive, through the program itself.

The letters are those of the fault tests in `docs/reliability.md`; each file of tests of a reader
holds more of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from kepu.folder import MANIFEST, file_digest
from kepu.geo.errors import KepuError, LayerError, StudyError
from kepu.layers.tables import read_table
from kepu.layers.towns import read_towns
from kepu.study_file import read_study

ZOO = Path(__file__).parent / "zoo"
TABLES = ("coverage.csv", "places.csv", "flags.csv")


def load(name):
    """Load a file of the zoo as a module, beside those of `test_zoo`."""
    spec = importlib.util.spec_from_file_location(f"attack_{name}", ZOO / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


healthy = load("healthy")


def started(study, out, *, code="", **environment):
    """Start a run in a process of its own; `code` comes before it."""
    program = f"import sys\n{code}\nfrom kepu.cli import main\nsys.argv[0] = 'kepu'\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "run", str(study), "--out", str(out), "--no-cache"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        errors="replace", env=os.environ | {"OGR_SQLITE_SYNCHRONOUS": "OFF", **environment},
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
def undisturbed(study, tmp_path_factory):
    """The tables of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    child = started(study, out, TZ="Asia/Shanghai")
    _, said = child.communicate()
    assert child.returncode == 0, said
    return tables(out)


# Study files


HOSTILE = {
    "a number without end": ("buffer_km = 2", "buffer_km = " + "9" * 5000),
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


def test_a_huge_sparse_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(10 * 2**30)
    begin = time.process_time()
    with pytest.raises(LayerError, match="E-FILE-BIG"):
        read_table(path)
    assert time.process_time() - begin < 5  # not a speed: reading it would take minutes


# F4, F10, F11, F17, F18: around a run


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_is_told_before_the_work(study, tmp_path):
    """F4."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    child = started(study, closed / "out")
    _, said = child.communicate()
    assert child.returncode == 3
    assert "[E-OUT-WRITE]" in said


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_time_zone_and_the_dates_of_files_change_nothing(zone, study, undisturbed, tmp_path):
    """F10: files of the future, in any zone; all tables byte for byte."""
    for path in study.parent.iterdir():
        os.utime(path, (4_000_000_000, 4_000_000_000))
    child = started(study, tmp_path / "out", TZ=zone)
    _, said = child.communicate()
    assert child.returncode == 0, said
    assert tables(tmp_path / "out") == undisturbed


def test_of_four_runs_in_one_folder_each_is_whole_or_refused(study, undisturbed, tmp_path):
    """F11."""
    out = tmp_path / "out"
    runs = [ended(child) for child in [started(study, out) for _ in range(4)]]
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
    child = started(study, tmp_path / "out", code=OFFLINE)
    _, said = child.communicate()
    assert child.returncode == 0, said
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


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_signals_stop_a_run_and_leave_no_part(study, undisturbed, tmp_path):
    """F18: Ctrl-C and SIGTERM at many instants; then a run as if nothing had been."""
    out = tmp_path / "out"
    for turn in range(16):
        stopped(study, out, (signal.SIGINT, signal.SIGTERM)[turn % 2], 0.4 * turn)
    assert ended(started(study, out))[0] == 0
    assert tables(out) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# F12: memory

LARGE = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import numpy as np
from kepu.geo.engines import times_between
sys.path.insert(0, {tests!r})
import test_routing as routing
rng = np.random.default_rng(1)
nodes, edges = 60_000, 120_000
tail = rng.integers(nodes, size=edges)
head = (tail + rng.integers(1, 300, edges)) % nodes
network = routing.network_of(
    nodes, tail, head, rng.gamma(1.2, 150.0, edges), np.ones((edges, 2), bool)
)
town = routing.Town(
    network, routing.profile_of("car"),
    routing.random_snaps(rng, np.arange(network.edges), 5_000),
    routing.random_snaps(rng, np.arange(network.edges), 500),
)
times = times_between(*routing.question(town), horizon=72_000)
assert times.shape == (5_000, 500), times.shape
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no limit on memory")
def test_ten_districts_fit_into_four_gigabytes():
    """F12: 120,000 edges, 5,000 places, 500 venues; ten times the illustrative district."""
    code = "import sys\n" + LARGE.format(tests=str(Path(__file__).parent))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr[-2000:]
    assert int(found.stdout) < 4096
