"""
Shapefiles: whether all parts are there and whole, and what their text is written in.

GDAL reads a cut .shp without a word, and takes Chinese text without a .cpg for Latin.
"""

from __future__ import annotations

import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..geo.errors import Fault, LayerError
from .sheets import MOST_BYTES, decode

NEEDED = (".shp", ".shx", ".dbf")
PARTS = (*NEEDED, ".prj", ".cpg")
LANGUAGES = {0x4D: "gb18030"}
"""Byte 29 of a .dbf that ESRI writes for code page 936; other marks are not to be trusted."""
LATIN = re.compile(r"(iso[-_ ]?)?8859[-_]?1|latin[-_ ]?1|(ansi|cp|windows-?)? ?1252")
"""What programs write who do not know: any bytes read as Latin."""
CUT_NAME = re.compile(r".*[_~][0-9]{1,2}")
DBF_HEAD = 32
"""Bytes before the fields, each of which has as many."""
NAME_BYTES = 10
"""Longer names of fields are cut."""
DAMAGES = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError,
    ValueError,
)  # fmt: skip
"""By what a damaged archive shows itself."""


@dataclass(frozen=True)
class Dbf:
    """The text of a .dbf as bytes: names of fields, cells, and the mark of its language."""

    names: tuple[bytes, ...]
    texts: bytes
    language: int


def part(path: Path, suffix: str) -> Path:
    """Return a part of a Shapefile; suffixes may be in capitals."""
    upper = path.with_suffix(suffix.upper())
    return upper if upper.exists() else path.with_suffix(suffix)


def check_shapefile(path: Path, file: str) -> None:
    """
    Compare the lengths in the headers of all parts with those of the files.

    Raises
    ------
    LayerError
        A part is missing, cut or damaged, or the .prj is no UTF-8, which GDAL cannot tell.
    """
    missing = [suffix for suffix in NEEDED if not part(path, suffix).exists()]
    if missing:
        raise LayerError(Fault("E-SHP-PART", file, facts={"missing": " ".join(missing)}))
    for piece in (part(path, ".shp"), part(path, ".shx")):
        header = piece.read_bytes()[:28]
        stated = struct.unpack(">i", header[24:28])[0] * 2 if len(header) == 28 else -1
        _require_size(piece, stated, piece.stat().st_size)
    table = part(path, ".dbf")
    header = table.read_bytes()[:12]
    count, head, width = struct.unpack("<IHH", header[4:]) if len(header) == 12 else (0, 12, 0)
    size = table.stat().st_size
    # The closing byte 1A may be left out.
    stated = max(head, DBF_HEAD) + count * width
    _require_size(table, stated, size - (size == stated + 1))
    shapes = (part(path, ".shx").stat().st_size - 100) // 8
    if shapes != count:
        raise LayerError(Fault("E-SHP-CUT", table.name, facts={"stated": shapes, "size": count}))
    system = part(path, ".prj")
    try:
        _ = system.read_text("utf-8") if system.exists() else ""
    except UnicodeDecodeError as error:
        raise LayerError(Fault("E-SHP-PRJ", file, value=system.name)) from error


def _require_size(path: Path, stated: int, size: int) -> None:
    if stated != size:
        raise LayerError(Fault("E-SHP-CUT", path.name, facts={"stated": stated, "size": size}))


def read_dbf(path: Path) -> Dbf:
    """Read the texts of a .dbf whose length was checked."""
    data = path.read_bytes()
    count, head, width = struct.unpack("<IHH", data[4:12])
    names, spans, at = [], [], 1
    for start in range(DBF_HEAD, head - DBF_HEAD + 1, DBF_HEAD):
        if data[start] == 0x0D:
            break
        names.append(data[start : start + 11].split(b"\0")[0])
        length = data[start + 16]
        if data[start + 11 : start + 12] == b"C":
            spans.append((at, at + length))
        at += length
    rows = (data[head + i * width : head + (i + 1) * width] for i in range(count))
    cells = (row[one:end].strip(b" \0") for row in rows for one, end in spans)
    return Dbf(tuple(names), b"\n".join(cell for cell in cells if not cell.isascii()), data[29])


def encoding_of(path: Path, file: str) -> tuple[str, list[Fault]]:
    """
    Tell what the text of a Shapefile is written in, and warn where it had to be found out.

    The .cpg says so, else the mark of the language in the .dbf, else strict decoding; never
    Latin 1.

    Raises
    ------
    LayerError
        The text is not what the .cpg says, or reads as no Chinese encoding or as two.
    """
    table = read_dbf(part(path, ".dbf"))
    words = b"\n".join([*(name for name in table.names if not name.isascii()), table.texts])
    page = part(path, ".cpg")
    stated = page.read_text("ascii", "replace").strip().lower() if page.exists() else ""
    name = {"65001": "utf-8", "utf8": "utf-8", "936": "gb18030", "cp936": "gb18030"}.get(
        stated, stated
    )
    name = LANGUAGES.get(table.language, "") if not name or LATIN.fullmatch(name) else name
    if words.isascii():
        return "utf-8", []
    try:
        if name:
            words.decode("gb18030" if name in ("gbk", "gb2312") else name)
            return ("gb18030" if name in ("gbk", "gb2312") else name), []
        found = decode(words, file)[1]
    except (LookupError, ValueError, LayerError) as error:
        raise LayerError(Fault("E-SHP-CPG", file, value=stated or None)) from error
    return found, [Fault("W-SHP-CPG", file, facts={"encoding": found})]


def cut_names(path: Path, encoding: str) -> list[str]:
    """Name the fields whose names may have been cut to 10 bytes."""
    names = [(raw, raw.decode(encoding, "replace")) for raw in read_dbf(part(path, ".dbf")).names]
    return [
        name
        for raw, name in names
        if len(raw) >= NAME_BYTES or "\ufffd" in name or CUT_NAME.fullmatch(name)
    ]


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """
    Unpack the one Shapefile of a .zip into a folder that goes away again.

    Raises
    ------
    LayerError
        Damaged, too large, no Shapefile in it or several.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "layer.shp"
        try:
            with zipfile.ZipFile(path) as archive:
                entries = [e for e in archive.infolist() if "__MACOSX" not in e.filename]
                shapes = [e.filename for e in entries if e.filename.lower().endswith(".shp")]
                if len(shapes) != 1:
                    facts = {"sheets": "、".join(shapes) or "—"}
                    raise LayerError(Fault("E-SHEET", path.name, facts=facts))
                size = sum(entry.file_size for entry in entries)
                if size > MOST_BYTES:
                    limits = {"megabytes": size // 2**20, "most": MOST_BYTES // 2**20}
                    raise LayerError(Fault("E-FILE-BIG", path.name, facts=limits))
                stem = PurePosixPath(shapes[0]).with_suffix("")
                for entry in entries:
                    name = PurePosixPath(entry.filename)
                    if name.with_suffix("") == stem and name.suffix.lower() in PARTS:
                        data = archive.read(entry)
                        target.with_suffix(name.suffix.lower()).write_bytes(data)
        except LayerError:
            raise
        except DAMAGES as error:
            raise LayerError(Fault("E-DAMAGED", path.name, facts={"problem": error})) from error
        yield target
