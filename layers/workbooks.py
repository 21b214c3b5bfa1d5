"""
Workbooks: the sheets of .xlsx and .xls as records of text.

Values are read by calamine. What it leaves out (error values, formulas that were never computed,
rows that are not shown) is looked up in the file itself: an error must not become an empty cell.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ..geo.errors import Fault, LayerError
from .biff import Container, DamagedError, Extras, has_password, sheet_extras
from .ooxml import worksheet_extras
from .sheets import SIGNATURES, Block, Sheet, check_extent, check_signature, check_size, value_text

XLSX_BYTES = 200 * 2**20
XLSX_RATIO = 100
XLSX_SMALL_BYTES = 2**20
"""Below this a high ratio does no harm: a sheet of equal rows packs well."""
LAST_ROWS = (65_536, 1_048_576)
"""How many rows .xls and .xlsx can hold; a workbook may have been an .xls before."""

NOTES_SHEET = re.compile(
    r".*(说明|字典|选项|代码表|下拉|示例|目录|封面|notes?|readme|lists?|options?)", re.IGNORECASE
)
"""Sheets of these names hold no records."""


@dataclass(frozen=True)
class Workbook:
    """
    An open workbook.

    Parameters
    ----------
    path
        Its file.
    visible, hidden
        Names of the filled sheets, in their order.
    macros
        Whether it holds macros; none is run.
    """

    path: Path
    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    macros: bool
    _rows: Mapping[str, list[list[Any]]] = field(repr=False)
    _blocks: Mapping[str, tuple[Block, ...]] = field(repr=False)
    _extras: Mapping[str, Extras] = field(repr=False)

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return {}

    def sheet(self, name: str) -> Sheet:
        """Return the records of a sheet; the blocks of merged cells are filled."""
        if name not in self._sheets:
            extras, rows = self._extras[name], self._rows[name]
            texts = [[value_text(cell) for cell in row] for row in rows]
            _write(texts, extras.cells)
            _fill(texts, self._blocks[name])
            self._sheets[name] = Sheet(
                name,
                self.path.suffix.lower().removeprefix("."),
                list(enumerate(texts, 1)),
                self._blocks[name],
                frozenset(extras.hidden),
                frozenset(extras.struck),
            )
        return self._sheets[name]


def _write(texts: list[list[str]], cells: Mapping[tuple[int, int], str]) -> None:
    """Write texts where no value is; beyond the last value too."""
    if not cells:
        return
    width = max(*(len(row) for row in texts), *(column + 1 for _, column in cells), 0)
    texts += [[] for _ in range(max(row for row, _ in cells) - len(texts))]
    for row in texts:
        row += [""] * (width - len(row))
    for (number, column), text in cells.items():
        texts[number - 1][column] = texts[number - 1][column] or text


def _fill(texts: list[list[str]], blocks: tuple[Block, ...]) -> None:
    """Write the text of every block into all its cells; a row with nothing else stays empty."""
    alone = {i for i, row in enumerate(texts, 1) if not any(row)}
    for top, left, bottom, right in blocks:
        if top > len(texts) or left >= len(texts[top - 1]):
            continue
        text = texts[top - 1][left]
        for row in range(top, min(bottom, len(texts)) + 1):
            if row not in alone:
                texts[row - 1][left : right + 1] = [text] * len(texts[row - 1][left : right + 1])


def open_workbook(path: Path) -> Workbook:
    """
    Open an .xlsx, .xlsm or .xls file.

    Raises
    ------
    LayerError
        Too large, damaged, cut, of another format than its name says, or under a password.
    """
    check_size(path)
    data = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix != ".xls" and data.startswith(SIGNATURES[1][0]):
        _check_password(data, path.name)
    check_signature(data[:64], suffix, path.name)
    extras, macros = (_look_into_xls if suffix == ".xls" else _look_into_xlsx)(data, path.name)
    code = "E-XLS" if suffix == ".xls" else "E-XLSX"
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        pages = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        sheets = {page.name: book.get_sheet_by_name(page.name) for page in pages}
        for name, sheet in sheets.items():
            check_extent(sheet.total_height, sheet.total_width, path.name, name)
        rows = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
        merged = {name: sheet.merged_cell_ranges or [] for name, sheet in sheets.items()}
    except LayerError:
        raise
    except BaseException as error:
        # calamine is Rust: its panics are no `Exception`.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise LayerError(Fault(code, path.name)) from error
    shown = {page.name for page in pages if page.visible == SheetVisibleEnum.Visible}
    order = [sheet.name for sheet in book.sheets_metadata]
    by_name = {name: _extra_of(extras, name, order) for name in sheets}
    filled = [name for name in sheets if any(map(any, rows[name])) or by_name[name].cells]
    for name in filled:
        if len(rows[name]) in LAST_ROWS:
            raise LayerError(Fault("E-LAST-ROW", path.name, name, len(rows[name])))
    return Workbook(
        path,
        tuple(name for name in filled if name in shown),
        tuple(name for name in filled if name not in shown),
        macros,
        rows,
        {name: tuple((t + 1, c, b + 1, d) for (t, c), (b, d) in merged[name]) for name in sheets},
        by_name,
    )


def _extra_of(extras: Mapping[str, Extras] | list[Extras], name: str, order: list[str]) -> Extras:
    if isinstance(extras, list):
        at = order.index(name)
        return extras[at] if at < len(extras) else Extras()
    return extras.get(name, Extras())


def _check_password(data: bytes, file: str) -> None:
    try:
        locked = has_password(Container(data))
    except (DamagedError, KeyError):
        locked = False
    if locked:
        raise LayerError(Fault("E-PASSWORD", file))


def _look_into_xls(data: bytes, file: str) -> tuple[list[Extras], bool]:
    _check_password(data, file)
    try:
        container = Container(data)
        extras = sheet_extras(container)
    except DamagedError as error:
        raise LayerError(Fault("E-XLS", file)) from error
    return extras, any(name.startswith("_VBA_PROJECT") for name in container.names)


def _look_into_xlsx(data: bytes, file: str) -> tuple[dict[str, Extras], bool]:
    """Refuse a damaged archive, and one that would unpack to too much; read all its parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > XLSX_BYTES or (size > XLSX_SMALL_BYTES and size > XLSX_RATIO * len(data)):
                facts = {"megabytes": size // 2**20, "ratio": size // max(1, len(data))}
                raise LayerError(Fault("E-XLSX-SIZE", file, facts=facts))
            if archive.testzip() is not None:
                raise LayerError(Fault("E-XLSX", file))
            extras = worksheet_extras(archive, file)
            return extras, any(name.endswith("vbaProject.bin") for name in archive.namelist())
    except LayerError:
        raise
    except Exception as error:
        # A damaged archive shows itself by many kinds of exception.
        raise LayerError(Fault("E-XLSX", file)) from error
