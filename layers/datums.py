"""
Datums: what a study declares, what a file says about itself, and whether they agree.

A file's name, its headers, its own notes and its reference system must not contradict the study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyproj import CRS

from ..geo.crs import WGS84, reference_system
from ..geo.errors import CrsError, Fault
from .tables import Table

DATUM_WORDS = {
    "GCJ02": r"gcj[-_ ]?(?:02)?|火星",
    "BD09": r"bd[-_ ]?09(?:ll|mc)?|baidu|百度",
    "CGCS2000": r"cgcs[-_ ]?2000|国家2000|2000国家",
    "WGS84": r"wgs[-_ ]?(?:19)?(?:84)?|crs84|epsg:+4326",
}
DENIED = r"(?:not|非|不是)[ -]?"
UNSHIFTED = ("WGS84", "CGCS2000", "EPSG:4326", "EPSG:4490")
"""Taken as equal; see `geo.crs`."""
SHIFTED = ("GCJ02", "BD09")
SPELLINGS = {
    "WGS84": "WGS84", "WGS-84": "WGS84", "CGCS2000": "CGCS2000", "国家2000": "CGCS2000",
    "GCJ02": "GCJ02", "GCJ-02": "GCJ02", "火星坐标": "GCJ02", "高德": "GCJ02", "腾讯": "GCJ02",
    "BD09": "BD09", "BD-09": "BD09", "百度": "BD09", "百度坐标": "BD09",
}  # fmt: skip
"""What may stand in a column of datums, or in the header of a coordinate."""


def datum_named(text: str) -> str | None:
    """Return the one datum that a text names; none if it names none or several."""
    text = re.sub(f"{DENIED}(?:{'|'.join(DATUM_WORDS.values())})", "", text.lower())
    found = [
        datum
        for datum, words in DATUM_WORDS.items()
        if re.search(f"(?<![a-z])(?:{words})(?![a-z])", text)
    ]
    return found[0] if len(found) == 1 else None


def same_datum(one: str, other: str) -> bool:
    """Tell whether two datums are taken as equal."""
    return one == other or (one in UNSHIFTED and other in UNSHIFTED)


def check_datum(
    declared: str | None, said: Mapping[str, str], file: str, accept: bool = False
) -> list[Fault]:
    """
    Compare the declared datum with what a file says about itself.

    Parameters
    ----------
    declared
        One of `geo.crs.DATUMS` or `EPSG:n`.
    said
        Texts that may name a datum, by the place where they stand.
    file
        Name of the file.
    accept
        Whether the user is sure; then a contradiction is returned as a warning.

    Raises
    ------
    CrsError
        E-DATUM-CLASH, or E-DATUM for an unknown datum.
    """
    if declared is None:
        return []
    reference_system(declared)
    faults = []
    for place, text in said.items():
        named = datum_named(text)
        if named is not None and not same_datum(named, declared):
            facts = {"declared": declared, "named": named, "place": place}
            code = "W-DATUM-CLASH" if accept else "E-DATUM-CLASH"
            faults.append(Fault(code, file, value=text, facts=facts))
    if faults and not accept:
        raise CrsError(*faults)
    return faults


def source_of(
    file: str, own: CRS | None, said: Mapping[str, str], declared: str | None, accept: bool
) -> tuple[str | CRS, list[Fault]]:
    """
    Tell what the coordinates of a spatial file are written in, and warn about it.

    Parameters
    ----------
    file, own, said
        Its name, the reference system that it bears, and what else it says of its datum.
    declared
        What the study says; none if the file's own word counts.
    accept
        Whether a contradiction is only a warning.

    Raises
    ------
    CrsError
        The datum is missing, unknown or contradicted.
    """
    if declared is None:
        if own is None:
            facts = {"hint": next(filter(None, map(datum_named, said.values())), "—")}
            raise CrsError(Fault("E-DATUM-MISSING", file, facts=facts))
        if own.to_epsg():
            reference_system(f"EPSG:{own.to_epsg()}")
        return own, []
    warnings = check_datum(declared, said, file, accept)
    if own is None:
        return declared, warnings
    named = f"EPSG:{own.to_epsg()}" if own.to_epsg() else own.name
    equal = own.equals(reference_system(declared), ignore_axis_order=True)
    facts = {"declared": declared, "named": named, "place": "CRS"}
    if declared in SHIFTED and same_datum(named, "WGS84"):
        # No label for shifted datums exists: files of this kind can only bear that of WGS 84.
        warnings.append(Fault("W-DATUM-LABEL", file, facts=facts))
    elif not equal and not same_datum(named, declared):
        if not accept:
            raise CrsError(Fault("E-DATUM-CLASH", file, facts=facts))
        warnings.append(Fault("W-DATUM-CLASH", file, facts=facts))
    return declared, warnings


def table_datum(table: Table, declared: str | None, accept: bool) -> tuple[str | None, list[Fault]]:
    """Return the datum of a table: the declared one, else that of its file; and warnings."""
    if table.crs is None:
        return declared, []
    source, warnings = source_of(table.file, table.crs, table.said, declared, accept)
    if isinstance(source, str):
        return source, warnings
    if source.equals(WGS84, ignore_axis_order=True):
        return "WGS84", warnings
    number = source.to_epsg()
    if number is None:
        raise CrsError(Fault("E-DATUM-MISSING", table.file, facts={"hint": source.name}))
    return f"EPSG:{number}", warnings
