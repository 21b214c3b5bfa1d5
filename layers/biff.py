"""
What an .xls says beside its values: rows not shown or struck out, errors, formulas, a password.

The container is that of [MS-CFB], the records are those of [MS-XLS]; only what `workbooks` asks
for is read, and the end of every sheet is looked for: a cut file has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

END_OF_CHAIN = 0xFFFFFFF0
"""Numbers from here on are no sectors."""
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
BOF, EOF, FILEPASS, BOUNDSHEET, ROW, BOOLERR, FORMULA = 0x809, 0x0A, 0x2F, 0x85, 0x208, 0x205, 0x06
DIMENSIONS, FONT, XF = 0x200, 0x31, 0xE0
ROW_NOT_SHOWN, STRUCK_OUT = 0x20, 0x08
VALUES = (FORMULA, BOOLERR, 0xFD, 0x203, 0x204, 0x27E, 0xD6)
"""Cells that hold something: row, column and number of the format come first."""
NUMBERS = 0xBD
"""Several of them in a row: format and number of each."""
FONT_LEFT_OUT = 4
"""Fonts are counted without this number, see [MS-XLS] FontIndex."""
ROWS, COLUMNS = 65_536, 256
"""So many have a place in an .xls; calamine makes room for what the sheet says that it holds."""


class DamagedError(ValueError):
    """The file is cut or no such container."""


@dataclass
class Extras:
    """Rows not shown or struck out, and texts of cells that bear no value; from 1 and 0."""

    hidden: set[int] = field(default_factory=set)
    struck: set[int] = field(default_factory=set)
    cells: dict[tuple[int, int], str] = field(default_factory=dict)


class Container:
    """The streams of a compound file, by name."""

    def __init__(self, data: bytes) -> None:
        try:
            shift, mini_shift = struct.unpack_from("<HH", data, 30)
            self._data, self._size, self._mini_size = data, 1 << shift, 1 << mini_shift
            self._fat = self._read_fat()
            start, self._cutoff, mini_start = struct.unpack_from("<I4xII", data, 48)
            folder = b"".join(self._sectors(start))
            self._entries = dict(self._read_entries(folder))
            self._mini_fat = struct.unpack(
                f"<{len(self._sectors(mini_start)) * self._size // 4}I",
                b"".join(self._sectors(mini_start)),
            )
        except struct.error as error:
            raise DamagedError from error

    @property
    def names(self) -> set[str]:
        """Names of all streams and folders."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """Return the bytes of one stream."""
        start, size = self._entries[name]
        if size >= self._cutoff:
            found = b"".join(self._sectors(start))
        else:
            root = b"".join(self._sectors(self._entries["Root Entry"][0]))
            found = b"".join(
                root[sector * self._mini_size : (sector + 1) * self._mini_size]
                for sector in _chain(self._mini_fat, start)
            )
        if len(found) < size:
            raise DamagedError
        return found[:size]

    def _sector(self, number: int) -> bytes:
        found = self._data[(number + 1) * self._size : (number + 2) * self._size]
        if len(found) < self._size:
            raise DamagedError
        return found

    def _sectors(self, start: int) -> list[bytes]:
        return [self._sector(number) for number in _chain(self._fat, start)]

    def _read_fat(self) -> tuple[int, ...]:
        blocks = list(struct.unpack_from("<109I", self._data, 76))
        more = struct.unpack_from("<I", self._data, 68)[0]
        while more < END_OF_CHAIN and len(blocks) < len(self._data) // self._size + 109:
            *listed, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            blocks += listed
        fat = b"".join(self._sector(block) for block in blocks if block < END_OF_CHAIN)
        return struct.unpack(f"<{len(fat) // 4}I", fat)

    def _read_entries(self, folder: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
        for at in range(0, len(folder), 128):
            (length,) = struct.unpack_from("<H", folder, at + 64)
            name = folder[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
            start, size = struct.unpack_from("<II", folder, at + 116)
            if name:
                yield name, (start, size)


def _chain(table: tuple[int, ...], sector: int) -> Iterator[int]:
    """Yield the sectors of a chain from its first one on."""
    for _ in range(len(table) + 1):
        if sector >= END_OF_CHAIN:
            return
        if sector >= len(table):
            raise DamagedError
        yield sector
        sector = table[sector]
    raise DamagedError


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one substream, without those of charts inside it."""
    depth = 0
    while True:
        if at + 4 > len(stream):
            raise DamagedError
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4 + length
        if at > len(stream):
            raise DamagedError
        depth += (kind == BOF) - (kind == EOF)
        if depth <= 1:
            yield kind, stream[at - length : at]
        if depth <= 0:
            return


def has_password(container: Container) -> bool:
    """Tell whether the workbook cannot be read without a password."""
    if "EncryptedPackage" in container.names:
        return True
    stream = container.stream("Workbook" if "Workbook" in container.names else "Book")
    return any(kind == FILEPASS for kind, _ in _records(stream, 0))


def sheet_extras(container: Container) -> list[Extras]:
    """
    Return what the sheets say beside their values, in the order of the workbook.

    Raises
    ------
    DamagedError
        A sheet has no end.
    """
    try:
        stream = container.stream("Workbook" if "Workbook" in container.names else "Book")
        whole = list(_records(stream, 0))
        sheets = [data for kind, data in whole if kind == BOUNDSHEET]
        struck = _struck_formats(whole)
        return [_extras(stream, struct.unpack_from("<I", data)[0], struck) for data in sheets]
    except (KeyError, struct.error, IndexError) as error:
        raise DamagedError from error


def _struck_formats(records: list[tuple[int, bytes]]) -> frozenset[int]:
    """Return the numbers of the formats of cells whose text is struck out."""
    fonts = [data[2] & STRUCK_OUT for kind, data in records if kind == FONT]
    fonts[FONT_LEFT_OUT:FONT_LEFT_OUT] = [0]
    struck = {number for number, flag in enumerate(fonts) if flag}
    formats = [struct.unpack_from("<H", data)[0] for kind, data in records if kind == XF]
    return frozenset(number for number, font in enumerate(formats) if font in struck)


def _formats(kind: int, data: bytes) -> set[int]:
    """Return the numbers of the formats of the cells in a record."""
    if kind in VALUES:
        return set(struct.unpack_from("<H", data, 4))
    if kind == NUMBERS:
        return {format_ for format_, _ in struct.iter_unpack("<HI", data[4:-2])}
    return set()


def _extras(stream: bytes, at: int, struck: frozenset[int]) -> Extras:
    found = Extras()
    for kind, data in _records(stream, at):
        if struck and _formats(kind, data) & struck:
            found.struck.add(struct.unpack_from("<H", data)[0] + 1)
        if kind == DIMENSIONS:
            _check_dimensions(data)
        elif kind == ROW and struct.unpack_from("<H", data, 12)[0] & ROW_NOT_SHOWN:
            found.hidden.add(struct.unpack_from("<H", data)[0] + 1)
        elif kind in (BOOLERR, FORMULA):
            row, column = struct.unpack_from("<HH", data)
            if column >= COLUMNS:
                raise DamagedError
            place = (row + 1, column)
            if kind == BOOLERR and data[7]:
                found.cells[place] = ERRORS.get(data[6], "#N/A")
            elif kind == FORMULA and data[12:14] == b"\xff\xff" and data[6] == 2:
                found.cells[place] = ERRORS.get(data[8], "#N/A")
            elif kind == FORMULA and data[12:14] == b"\xff\xff" and data[6] == 3:
                found.cells[place] = "="
    return found


def _check_dimensions(data: bytes) -> None:
    """Refuse a sheet that says it is larger than any can be, or ends before it begins."""
    top, bottom, left, right = struct.unpack_from("<IIHH" if len(data) >= 12 else "<4H", data)
    if not (top <= bottom <= ROWS and left <= right <= COLUMNS):
        raise DamagedError
