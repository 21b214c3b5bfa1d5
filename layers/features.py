"""Features: a table of venues or places from whatever holds one, a spatial file too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.errors import Fault, LayerError
from .columns import Column, claims
from .headers import check_twice
from .outlines import FORMATS as SPATIAL_FORMATS
from .outlines import Outlines, read_outlines
from .tables import BOOK_FORMATS, TEXT_FORMATS, Table, read_table

AXES = ("lon", "lat")


def read_records(
    path: Path | str,
    columns: Sequence[Column],
    *,
    sheet: str | None = None,
    header: int | None = None,
    stated: Mapping[str, str] | None = None,
) -> Table:
    """
    Read a table, or the points of a spatial file as one.

    Parameters
    ----------
    path
        CSV, a workbook, GeoJSON, GeoPackage, a Shapefile or a zipped one.
    columns, stated
        What is looked for, and the headers that the study states for them.
    sheet, header
        Name of the sheet or layer, and row of the header, where they cannot be told.

    Raises
    ------
    LayerError
        See `read_table` and `read_outlines`; a name of a field that may have been cut.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SPATIAL_FORMATS:
        if suffix not in TEXT_FORMATS + BOOK_FORMATS:
            known = " ".join((*TEXT_FORMATS, *BOOK_FORMATS, *SPATIAL_FORMATS))
            raise LayerError(Fault("E-FORMAT", path.name, facts={"known": known}))
        return read_table(path, sheet=sheet, header=header, columns=columns, stated=stated)
    if header is not None:
        raise LayerError(Fault("E-HEADER-ROW", path.name, row=header, facts={"rows": 0}))
    return _point_table(read_outlines(path, sheet), columns, stated or {})


def _point_table(features: Outlines, columns: Sequence[Column], stated: Mapping[str, str]) -> Table:
    """Return the properties as cells; the points stand in the columns of coordinates."""
    cells, file = features.properties, features.file
    check_twice(list(cells.columns), file, features.layer, 0)
    warnings = [*features.warnings, *_check_cut(features, columns, stated)]
    drawn = any(shape is not None for shape in features.shapes)
    if not drawn or set(AXES) & set(stated):
        return Table(file, features.layer, "", cells, warnings=tuple(warnings), said=features.said)
    axes = [column for column in columns if column.name in AXES]
    unused = [h for column in axes for h in claims(list(cells.columns), column)]
    if unused:
        facts = {"headers": "、".join(unused)}
        warnings.append(Fault("W-GEOMETRY", file, features.layer, facts=facts))
    points, faults = _points(features)
    texts = {
        column.aliases[0]: [
            "" if np.isnan(value) else np.format_float_positional(value, trim="-")
            for value in points[:, number]
        ]
        for number, column in enumerate(axes)
    }
    added = pd.DataFrame(texts, index=cells.index, dtype=str)
    return Table(
        file, features.layer, "", pd.concat([cells.drop(columns=unused), added], axis=1),
        faults=tuple(faults), warnings=tuple(warnings), crs=features.crs, said=features.said,
    )  # fmt: skip


def _check_cut(
    features: Outlines, columns: Sequence[Column], stated: Mapping[str, str]
) -> list[Fault]:
    """Warn of names that may be cut; stop where one of them would be taken for a column."""
    meant = {
        header: column.name
        for column in columns
        if column.name not in stated
        for header in claims(features.cut, column)
    }
    facts = {"headers": "、".join(features.cut), "names": "、".join(meant.values())}
    if meant:
        raise LayerError(Fault("E-HEADER-CUT", features.file, facts=facts))
    return [Fault("W-HEADER-CUT", features.file, facts=facts)] if features.cut else []


def _points(features: Outlines) -> tuple[npt.NDArray[np.float64], list[Fault]]:
    """Return first and second coordinates, NaN where there is none, and what is no point."""
    found = np.full((len(features.shapes), 2), np.nan)
    faults = []
    for number, shape in enumerate(features.shapes):
        if shape is None or shape.is_empty:
            continue
        parts = shapely.get_parts(shape)
        if len(parts) == 1 and parts[0].geom_type == "Point":
            found[number] = shapely.get_coordinates(parts[0])[0]
        else:
            facts = {"kind": shape.geom_type}
            row = number + 1
            faults.append(Fault("Q-POINT", features.file, features.layer, row, facts=facts))
    return found, faults
