"""
Whether a file of OpenStreetMap is whole and harmless.

The frame of a `.osm.pbf` and its texts, and the digest of any file.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from .blocks import unpacked
from .errors import Fault, NetworkError
from .wire import UnusualError, fields_of, one


def check_digest(path: Path, sha256: str) -> None:
    """
    Refuse a file that differs from its declared digest: the only proof that nothing is missing.

    Raises
    ------
    NetworkError
        The SHA-256 of the file is another.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != sha256.lower():
        raise NetworkError(
            Fault("E-OSM-SHA256", file=path.name, value=digest, facts={"declared": sha256})
        )


def there(path: Path) -> bool:
    """Tell whether a path names a file; by a name too long or with a NUL none can."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # what Python 3.11 raises for such names
        return False


def check_complete(path: Path) -> None:
    """
    Refuse a file that is missing or ends inside a block.

    The frame of a `.osm.pbf`: 4 bytes length (big-endian), a BlobHeader, the Blob whose size the
    header tells in field 3 (wiki: PBF Format).

    Raises
    ------
    NetworkError
        Not there, or cut.
    """
    if not there(path):
        raise NetworkError(Fault("E-FILE-MISSING", file=path.name))
    if path.suffix == ".pbf":
        size, end = path.stat().st_size, 0
        for end in _pbf_blocks(path):  # noqa: B007
            pass
        if end != size or not size:
            raise NetworkError(
                Fault("E-OSM-CUT", file=path.name, facts={"bytes": size, "block": end})
            )


def check_texts(path: Path) -> None:
    """
    Refuse a `.osm.pbf` with a NUL in a text, before pyosmium reads it.

    libosmium ends texts by a NUL and counts the tags of an object by them: it reads on beyond the
    object, and the process crashes. Blobs that are neither plain nor deflated are not looked into.

    Raises
    ------
    ValueError
        There is one, or the table of texts is none.
    """
    with path.open("rb") as stream:
        while length := stream.read(4):
            try:
                header = fields_of(stream.read(int.from_bytes(length, "big")))
                blob = fields_of(stream.read(one(header, 3, int)))
                if one(header, 1, bytes) != b"OSMData":
                    continue
                body = unpacked(blob)
            except (UnusualError, IndexError, zlib.error):
                continue
            _check_block(body)


def _check_block(body: bytes) -> None:
    try:
        tables = [value for field, value in fields_of(body) if field == 1]
        texts = [
            text
            for table in tables
            for _, text in fields_of(table)  # type: ignore[arg-type]
        ]
    except (UnusualError, IndexError, TypeError) as error:
        raise ValueError("strings") from error
    if any(isinstance(text, int) or b"\0" in text for text in texts):
        raise ValueError("a text holds a NUL")


def _pbf_blocks(path: Path) -> Iterator[int]:
    """Yield where each block of a PBF ends; the last one may lie beyond the end of the file."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        while length := stream.read(4):
            header = stream.read(struct.unpack(">I", length.rjust(4, b"\0"))[0] & 0xFFFF)
            end = stream.tell() + _datasize(header)
            yield end
            if end > size:
                return
            stream.seek(end)


def _datasize(header: bytes) -> int:
    """Return field 3 of a BlobHeader; fields: 1 text, 2 bytes, 3 varint."""
    at = 0
    while at < len(header):
        key, at = _varint(header, at)
        value, at = _varint(header, at)
        if key >> 3 == 3:
            return value
        at += value
    return 1 << 40


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at
