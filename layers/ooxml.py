"""
What an .xlsx says beside its values: rows not shown or struck out, errors, formulas, the last cell.

The parts are those of [ECMA-376]. Where a sheet ends is looked for before calamine reads it, which
makes room for every cell before the last.
"""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import PurePosixPath

import defusedxml.ElementTree as ElementTree
from openpyxl.utils import column_index_from_string, coordinate_to_tuple

from .biff import Extras
from .sheets import check_extent, check_rows

TELLING = re.compile(rb'<(?:\w+:)?f[ >/]|t="e"|hidden="')
# No part of a pattern runs past the next tag: what does not end would be looked for to the end of
# the file, from every place where it may begin.
ROW_HIDDEN = re.compile(rb'<(?:\w+:)?row\b(?=[^<>]*\bhidden="(?:1|true)")[^<>]*\br="([0-9]+)"')
CELL = re.compile(
    rb"<(?:\w+:)?c\b(?P<has>[^<>]*)(?:(?<=/)>|(?<!/)>"
    rb"(?P<holds>(?:[^<]++|<(?!/?(?:\w+:)?c[\s/>]))*+)</(?:\w+:)?c>)"
)
STYLED = re.compile(
    rb'<(?:\w+:)?c\b(?=[^<>]*\bs="([0-9]+)")(?=[^<>]*\br="[A-Z]+([0-9]+)")[^<>]*(?<!/)>'
    rb"(?!</)"
)
PLACE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
FILLED = re.compile(
    rb"<(?:\w+:)?c\b(?=[^<>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]+)[\"'])[^<>]*+(?<!/)>"
    rb"(?!</|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></)"
)
FORMULA = re.compile(rb"<(?:\w+:)?f\b[^<>]*(?:(?<=/)>|(?<!/)>([^<]*+)</(?:\w+:)?f>)")
VALUE = re.compile(rb"<(?:\w+:)?v>([^<]++)</(?:\w+:)?v>")
STRING = re.compile(
    rb"<(?:\w+:)?si\s*+(?:/>|>((?:[^<]++|<(?!/?(?:\w+:)?si[\s/>]))*+)</(?:\w+:)?si>)"
)
STRIKE = re.compile(rb'<(?:\w+:)?strike(?:\s+val="(?:1|true)")?\s*+/>')
STRINGS_PART = "xl/sharedStrings.xml"


def worksheet_extras(archive: zipfile.ZipFile, file: str) -> dict[str, Extras]:
    """
    Return what the worksheets say beside their values, by name.

    Raises
    ------
    LayerError
        A sheet has too many rows or cells.
    """
    found = {}
    styles, strings = _struck_styles(archive), _struck_strings(archive)
    for name, part in _worksheets(archive).items():
        content = archive.read(part)
        check_rows(len(re.findall(rb"<(?:\w+:)?row\b", content)), file, name)
        check_extent(*_last(content), file, name)
        found[name] = _scan(content)
        found[name].struck = _struck_rows(content, styles, strings)
    return found


def _worksheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of every worksheet, by the name of the sheet."""
    rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {
        rel.get("Id"): rel.get("Target") for rel in rels if rel.get("Type").endswith("/worksheet")
    }
    found = {}
    for node in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        ids = [value for key, value in node.attrib.items() if key.endswith("}id")]
        if node.tag.endswith("}sheet") and ids and ids[0] in targets:
            target = targets[ids[0]]
            part = target[1:] if target.startswith("/") else str(PurePosixPath("xl") / target)
            found[node.get("name")] = part
    return found


def _last(content: bytes) -> tuple[int, int]:
    """Return the last row and column that hold something; calamine makes room for all before."""
    places = FILLED.findall(content)
    columns = {letters.upper() for letters, _ in places}
    last = max((column_index_from_string(letters.decode()) for letters in columns), default=0)
    return max((int(row) for _, row in places), default=0), last


def _struck_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the styles of cells whose text is struck out."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    parts = {
        node.tag.rpartition("}")[2]: node
        for node in ElementTree.fromstring(archive.read("xl/styles.xml"))
    }
    fonts = {
        str(number)
        for number, font in enumerate(parts.get("fonts", ()))
        for child in font
        if child.tag.endswith("}strike") and child.get("val", "1") not in ("0", "false")
    }
    styles = enumerate(parts.get("cellXfs", ()))
    return frozenset(str(n).encode() for n, style in styles if style.get("fontId") in fonts)


def _struck_strings(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the shared strings of which a part is struck out."""
    content = archive.read(STRINGS_PART) if STRINGS_PART in archive.namelist() else b""
    if not STRIKE.search(content):
        return frozenset()
    texts = enumerate(STRING.finditer(content))
    return frozenset(str(n).encode() for n, text in texts if STRIKE.search(text[0]))


def _struck_rows(content: bytes, styles: frozenset[bytes], strings: frozenset[bytes]) -> set[int]:
    """Return the rows with text that is struck out, all of it or a part."""
    found = set()
    if styles:
        found = {int(row) for style, row in STYLED.findall(content) if style in styles}
    if not strings and not STRIKE.search(content):
        return found
    for cell in CELL.finditer(content):
        place, value = PLACE.search(cell["has"]), VALUE.search(cell["holds"] or b"")
        shared = b't="s"' in cell["has"] and value is not None and value[1] in strings
        if place is not None and (shared or STRIKE.search(cell["holds"] or b"")):
            found.add(coordinate_to_tuple(place[1].decode())[0])
    return found


def _scan(content: bytes) -> Extras:
    """Find rows that are not shown, error values, and formulas without a value."""
    found = Extras()
    if not TELLING.search(content):
        return found
    found.hidden = {int(row) for row in ROW_HIDDEN.findall(content)}
    for cell in CELL.finditer(content):
        has, holds = cell["has"], cell["holds"] or b""
        formula, place = FORMULA.search(holds), PLACE.search(has)
        if place is None or (formula is None and b't="e"' not in has):
            continue
        value = VALUE.search(holds)
        at = coordinate_to_tuple(place[1].decode())
        if b't="e"' in has and value is not None:
            found.cells[at[0], at[1] - 1] = value[1].decode("utf-8", "replace")
        elif value is None and b't="str"' not in has:
            words = (formula[1] or b"") if formula else b""
            found.cells[at[0], at[1] - 1] = "=" + unescape(words.decode("utf-8", "replace"))
    return found
