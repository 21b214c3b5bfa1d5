"""
Whether a file of OpenStreetMap is whole and harmless.

The frame of a `.osm.pbf` and its texts, and the digest of any file.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from .blocks import unpacked
from .errors import Fault, NetworkError
from .wire import UnusualError, fields_of, one

OTHERWISE_PACKED = frozenset((2, 4, 5, 6, 7))
"""Fields of a blob that is packed by another way than deflating, and of its size."""


def check_digest(path: Path, sha256: str) -> None:
    """
    Refuse a file that differs from its declared digest: the only proof that nothing is missing.

    Raises
    ------
    NetworkError
        The SHA-256 of the file is another.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
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
    object, and the process crashes. Blobs that are compressed otherwise (lzma, lz4, zstd) are not
    looked into; what is not understood is not taken for harmless.

    Raises
    ------
    ValueError
        There is one, or a block or its table of texts is none.
    """
    with path.open("rb") as stream:
        while length := stream.read(4):
            try:
                header = fields_of(stream.read(int.from_bytes(length, "big")))
                kind, blob = one(header, 1, bytes), fields_of(stream.read(one(header, 3, int)))
                if kind != b"OSMData" or {field for field, _ in blob} <= OTHERWISE_PACKED:
                    continue
                body = unpacked(blob)
            except (UnusualError, IndexError, zlib.error) as error:
                raise ValueError("block") from error
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
            header = stream.read(int.from_bytes(length.rjust(4, b"\0"), "big") & 0xFFFF)
            end = stream.tell() + _datasize(header)
            yield end
            if end > size:
                return
            stream.seek(end)


def _datasize(header: bytes) -> int:
    """Return how long the Blob is that follows a BlobHeader; of one that is none, beyond all."""
    try:
        return one(fields_of(header), 3, int)
    except (UnusualError, IndexError):
        return 1 << 40
