"""What `fuzzing.py` feeds the readers with: likely and unlikely inputs made of any bytes."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import atheris

Target = Callable[[bytes], None]

with atheris.instrument_imports(include=["kepu"]):
    import openpyxl

    from kepu.geo.errors import KepuError
    from kepu.geo.names import read_names
    from kepu.geo.osm import read_osm
    from kepu.geo.profile import default_profiles
    from kepu.inputs import read_layers
    from kepu.layers.demand import read_demand
    from kepu.layers.outlines import read_outlines
    from kepu.layers.tables import read_table
    from kepu.layers.towns import read_towns
    from kepu.layers.venues import read_venues
    from kepu.scenario_edits import edited
    from kepu.scenario_file import checked, read_scenario
    from kepu.scenario_keys import DOING, CloseRoads
    from kepu.scenario_roads import area_of
    from kepu.study import survey
    from kepu.study_file import read_study

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.zoo import healthy, large  # noqa: E402

WORK = Path(tempfile.mkdtemp())


def written(name: str, content: bytes) -> Path:
    """Write a file into the folder of this process."""
    path = WORK / name
    path.write_bytes(content)
    return path


def refused(read: Callable[[], object]) -> None:
    """Read; a refusal must have words of both languages on one line each."""
    try:
        read()
    except KepuError as error:
        for fault in error.faults:
            for text in (fault.zh, fault.en):
                if not text or not text.isprintable() or len(text) > 4000:
                    raise AssertionError(f"words of {fault.code}") from error


# Tables


DEMAND = "代码,名称,所属镇街,经度,纬度,常住人口,城乡"
VENUES = "编号,名称,类型,经度,纬度,状态,容量,容量单位,开放日,开放时间,地址,来源"
CELLS = (
    "", "441802901001", "河东街道", "113.025", "23.69", "1000", "1,000人", "１２３", "乡村", "在用",
    "社区科普活动室", "-1", "1e999", "nan", "113°01′30″", "合计", "=1+1", "2026-13-01",
    "周一至周五", "9:00-17:00", "0x1F", "1.5万", "\u200b", "'7", "无", "113.025,23.69", "\r", '"',
)  # fmt: skip


def read_both(path: Path) -> None:
    """Read a table by itself, as places and as venues."""
    towns = TOWNS
    for read in (
        lambda: read_table(path),
        lambda: read_demand(path, datum="WGS84", towns=towns, population="resident"),
        lambda: read_venues(
            path, datum="GCJ02", towns=towns, buffer_metres=2000.0, date=date(2026, 11, 1)
        ),
    ):
        refused(read)


def tables(data: bytes) -> None:
    """Raw CSV, CSV of likely cells, a workbook of likely cells, the XML of a worksheet."""
    kind, data = data[:1] or b"\0", data[1:]
    match kind[0] % 4:
        case 0:
            read_both(written("table.csv", data))
        case 1:
            text = "\n".join(",".join(row) for row in likely(data))
            read_both(written("table.csv", text.encode("utf-8", "surrogatepass")))
        case 2:
            book = openpyxl.Workbook()
            for row in likely(data):
                book.active.append([cell.replace("\r", "") for cell in row])
            if len(data) > 3 and data[0] % 3 == 0:
                book.active.merge_cells(
                    start_row=1 + data[1] % 4, end_row=1 + data[1] % 4 + data[2] % 3,
                    start_column=1 + data[3] % 4, end_column=1 + data[3] % 4 + data[2] % 4,
                )  # fmt: skip
            book.save(WORK / "table.xlsx")
            read_both(WORK / "table.xlsx")
        case _:
            with zipfile.ZipFile(WORK / "table.xlsx", "w") as archive:
                for name, content in BOOK.items():
                    sheet = data if name.endswith("sheet1.xml") else content
                    archive.writestr(name, sheet)
            read_both(WORK / "table.xlsx")


def likely(data: bytes) -> list[list[str]]:
    """Return rows under a true header, each cell one of the likely or a piece of the data."""
    from_data = atheris.FuzzedDataProvider(data)
    header = (DEMAND, VENUES)[from_data.ConsumeBool()].split(",")
    rows = [list(header)]
    for _ in range(from_data.ConsumeIntInRange(0, 6)):
        row = []
        for _ in range(from_data.ConsumeIntInRange(0, len(header) + 1)):
            if from_data.ConsumeIntInRange(0, 3):
                row.append(CELLS[from_data.ConsumeIntInRange(0, len(CELLS) - 1)])
            else:
                text = from_data.ConsumeUnicodeNoSurrogates(12)
                row.append("".join(c for c in text if c.isprintable()))
        rows.insert(from_data.ConsumeIntInRange(0, len(rows)), row)
    return rows


# Outlines


def geojson(data: bytes) -> None:
    """Raw GeoJSON, or towns with geometries and properties made of the data."""
    kind, data = data[:1] or b"\0", data[1:]
    text = data if kind[0] % 3 == 0 else json.dumps(collection(data)).encode()
    path = written("towns.geojson", text)
    refused(lambda: read_towns(path, datum="WGS84", year=2021, accept_gaps=bool(kind[0] % 2)))
    edit = CloseRoads(do="close_roads", area_file=str(path), datum="WGS84")
    refused(lambda: area_of(edit))
    refused(lambda: read_outlines(path))


def collection(data: bytes) -> dict[str, object]:
    """Make features: rings that cross, close late or are a point; odd kinds and properties."""
    from_data = atheris.FuzzedDataProvider(data)

    def pick(*of: object) -> object:
        return of[from_data.ConsumeIntInRange(0, len(of) - 1)]

    def position() -> object:
        if not from_data.ConsumeIntInRange(0, 15):
            return pick([], [113], [113.0, None], ["a", "b"], [1e308, 1e308], [113, 23, 5], None)
        return [113 + from_data.ConsumeIntInRange(-8, 8) / 100,
                23.7 + from_data.ConsumeIntInRange(-8, 8) / 100]  # fmt: skip

    def ring() -> list[object]:
        points = [position() for _ in range(from_data.ConsumeIntInRange(0, 6))]
        return points + points[:1] if from_data.ConsumeIntInRange(0, 7) else points

    def geometry(depth: int = 0) -> object:
        shape = pick("Polygon", "Polygon", "MultiPolygon", "Point", "LineString", "Collection", "X")
        if shape == "Collection":
            inner = [geometry(depth + 1) for _ in range(2 if depth < 3 else 0)]
            return {"type": "GeometryCollection", "geometries": inner}
        polygon = [ring() for _ in range(from_data.ConsumeIntInRange(0, 3))]
        of: dict[object, object] = {
            "Polygon": polygon, "MultiPolygon": [polygon, [ring()]], "Point": position(),
            "LineString": ring(), "X": pick(None, 1, [], {}),
        }  # fmt: skip
        return {"type": shape, "coordinates": of[shape]}

    features = []
    for number in range(from_data.ConsumeIntInRange(0, 4)):
        own = {
            "代码": pick(f"44180290{number}", 441802901, None, "x", 1e30, [1], {"a": 1}, True),
            "名称": pick("河东街道", "山前镇", "", None, 5, "\u0000"),
            "城乡": pick("城镇", "乡村", None, 3),
        }
        shape = geometry() if from_data.ConsumeIntInRange(0, 9) else pick(None, 5, {}, [])
        feature = {"type": "Feature", "properties": own, "geometry": shape}
        features.append(feature if from_data.ConsumeIntInRange(0, 9) else pick(None, {}, [], own))
    named = {"type": "name", "properties": {"name": pick("EPSG:4490", "gcj02", "x", 4490, None)}}
    whole: dict[str, object] = {"type": "FeatureCollection", "features": features}
    return whole | ({"crs": named} if from_data.ConsumeBool() else {})


# Roads


KEYS = (
    "highway", "maxspeed", "maxspeed:forward", "oneway", "access", "foot", "bicycle",
    "motor_vehicle", "junction", "surface", "bridge", "tunnel", "barrier", "name", "route",
    "waterway", "natural", "railway", "place", "type", "access:conditional", "motorroad",
    "lanes", "area", "width",
)  # fmt: skip
VALUES = (
    "residential", "primary", "motorway_link", "footway", "yes", "no", "-1", "50", "50 mph",
    "ferry", "private", "roundabout", "bollard", "no @ (22:00-06:00)", "walk", "reversible",
    "water", "1e9", "river", "village", "清远;北江", "", "bus_stop", "construction", "０",
    "multipolygon",
)  # fmt: skip


def roads(data: bytes) -> None:
    """A PBF of a few ways whose tags, references and blocks are made of the data."""
    from_data = atheris.FuzzedDataProvider(data)
    field, varint, turned = large.field, large.varint, large.turned
    texts: list[bytes] = [b""]

    def text(of: tuple[str, ...]) -> int:
        if from_data.ConsumeIntInRange(0, 4):
            found = of[from_data.ConsumeIntInRange(0, len(of) - 1)].encode()
        else:
            found = from_data.ConsumeBytes(10)
        texts.append(found)
        return len(texts) - 1

    def tags() -> bytes:
        pairs = [(text(KEYS), text(VALUES)) for _ in range(from_data.ConsumeIntInRange(0, 5))]
        keys, values = (b"".join(varint(pair[side]) for pair in pairs) for side in (0, 1))
        if not from_data.ConsumeIntInRange(0, 30):
            keys += varint(from_data.ConsumeIntInRange(0, 1 << 33))
        return field(2, keys) + field(3, values)

    count = from_data.ConsumeIntInRange(0, 8)
    steps = b"".join(turned(from_data.ConsumeIntInRange(-90000, 90000)) for _ in range(count))
    lon, lat = turned(1_130_000_000) + steps, turned(237_000_000) + steps[::-1]
    if not from_data.ConsumeIntInRange(0, 9):
        lon = from_data.ConsumeBytes(20)
    dense = field(1, turned(1) + turned(1) * count) + field(8, lon) + field(9, lat)
    ways = b""
    for number in range(from_data.ConsumeIntInRange(0, 5)):
        refs = b"".join(
            turned(from_data.ConsumeIntInRange(-3, 4))
            for _ in range(from_data.ConsumeIntInRange(0, 6))
        )
        ways += field(3, varint(8) + varint(number + 1) + tags() + field(8, turned(1) + refs))
    member = field(4, b"".join(varint(text(VALUES)) for _ in range(2)))
    relation = field(4, varint(8) + varint(7) + tags() + field(8, member) + field(9, turned(1)))
    groups = [field(2, dense), ways, relation if from_data.ConsumeBool() else b""]
    table = field(1, b"".join(field(1, one) for one in texts))
    blocks = [large.blob(b"OSMData", table + field(2, group)) for group in groups if group]
    head = large.blob(b"OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))
    whole = bytearray(head + b"".join(blocks))
    if not from_data.ConsumeIntInRange(0, 5):  # a byte is another
        whole[from_data.ConsumeIntInRange(0, len(whole) - 1)] ^= 1 + from_data.ConsumeIntInRange(
            0, 254
        )
    path = written("roads.osm.pbf", bytes(whole))
    refused(lambda: read_osm(path, PROFILES))
    refused(lambda: read_names(path))


# Study files and scenarios


def study_file(data: bytes) -> None:
    """A study file, whole or with one line of it another."""
    lines = healthy.TOML.encode().splitlines()
    if data and data[0] % 2:
        at = data[1] % len(lines) if len(data) > 1 else 0
        lines[at : at + (data[0] % 4 > 1)] = [data[2:]]
        data = b"\n".join(lines)
    path = written("study.toml", data[1:] if data[:1] == b"\0" else data)
    refused(lambda: read_study(path))


def scenario(data: bytes) -> None:
    """A scenario file, or edits of likely keys and values, applied to a small study."""
    kind, data = data[:1] or b"\0", data[1:]
    if kind[0] % 3 == 0:
        path = written("scenario.toml", data)
        refused(lambda: edited(STUDY, SURVEY, read_scenario(path)))
        return
    from_data = atheris.FuzzedDataProvider(data)
    odd: tuple[object, ...] = (
        "", "013041", "room.community", 0, 5, -1, 1e300, float("nan"), True, None, [], ["013045"],
        {}, 113.05, 23.68, "GCJ02", "walk", "tertiary", [[113.05, 23.68], [113.06, 23.69]], "每天",
        [[113.0, 23.6], [113.1, 23.6], [113.1, 23.8]], {"youth": 3}, 10**30, "9:00-17:00", ["car"],
        1000001,
    )  # fmt: skip
    edits = []
    for _ in range(from_data.ConsumeIntInRange(0, 3)):
        do = list(DOING)[from_data.ConsumeIntInRange(0, len(DOING) - 1)]
        edit: dict[str, object] = {"do": do}
        for key in DOING[do].model_fields:
            if key != "do" and from_data.ConsumeIntInRange(0, 3):
                edit[key] = odd[from_data.ConsumeIntInRange(0, len(odd) - 1)]
        edits.append(edit)
    content = {"name": "x", "edits": edits}
    refused(lambda: edited(STUDY, SURVEY, checked(content, "scenario")))


TARGETS: dict[str, Target] = {
    "tables": tables, "geojson": geojson, "roads": roads, "study": study_file, "scenario": scenario,
}  # fmt: skip
PROFILES = default_profiles()


def prepare(target: str) -> None:
    """Make what the readers of a target need beside the data."""
    global TOWNS, BOOK, STUDY, SURVEY
    path = healthy.healthy().write(WORK / "study")
    if target == "tables":
        TOWNS, _ = read_towns(path.parent / "towns.geojson", datum="WGS84", year=2021)
        book = openpyxl.Workbook()
        book.active.append(DEMAND.split(","))
        book.save(WORK / "book.xlsx")
        with zipfile.ZipFile(WORK / "book.xlsx") as archive:
            BOOK = {name: archive.read(name) for name in archive.namelist()}
    if target == "scenario":
        STUDY = read_study(path)
        SURVEY = survey(STUDY, read_layers(STUDY))


def seeds(target: str, corpus: Path) -> None:
    """Give a corpus something true to begin with."""
    files = healthy.healthy()
    some = {
        "tables": [b"\0" + healthy.csv_text(files.demand[:5]).encode(),
                   b"\0" + healthy.csv_text(files.venues[:5]).encode("gb18030")],
        "geojson": [b"\0" + json.dumps(files.towns, ensure_ascii=False).encode()],
        "study": [b"\0" + healthy.TOML.encode()],
        "scenario": [b'\0name = "x"\n[[edits]]\ndo = "close_venue"\nvenue = ["013045"]\n'],
    }  # fmt: skip
    if target == "tables":
        some["tables"].append(b"\3" + BOOK["xl/worksheets/sheet1.xml"])
    noise = [hashlib.shake_128(bytes([n])).digest(600) for n in range(20)]
    for number, content in enumerate([*some.get(target, []), *noise]):
        (corpus / f"seed{number}").write_bytes(content)
