"""
Outlines: the features of a GeoJSON, GeoPackage or Shapefile, and what it says of its datum.

A Shapefile may be zipped. What is cut or lacks a part stops here; no property is interpreted.
"""

from __future__ import annotations

import json
import os
import sqlite3
import warnings
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as PyprojCRSError
from shapely.geometry import shape

from ..geo.crs import WGS84
from ..geo.errors import Fault, LayerError
from .shapefiles import check_shapefile, cut_names, encoding_of, unpacked
from .sheets import check_rows, check_signature, check_size, decode, value_text

FORMATS = (".geojson", ".json", ".gpkg", ".shp", ".zip")
DATAV_NOTES = ({"adcode", "acroutes"}, {"parent", "centroid", "subFeatureIndex"})
"""DataV GeoAtlas gives every feature the first and at least one of the second."""


@dataclass(frozen=True)
class Outlines:
    """
    Features of one layer.

    Parameters
    ----------
    file, layer
        Where they were read from.
    properties
        Texts; index `row` counts features from 1.
    shapes
        Geometries as they stand, none where there is none.
    crs
        Reference system that the file bears; none for plain GeoJSON.
    said
        Texts that may name a datum, by the place where they stand.
    cut
        Names of properties that the format may have cut.
    warnings
        What was noticed about the file.
    """

    file: str
    layer: str | None
    properties: pd.DataFrame
    shapes: npt.NDArray[np.object_]
    crs: CRS | None
    said: Mapping[str, str]
    cut: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = ()


def read_outlines(path: Path | str, layer: str | None = None) -> Outlines:
    """
    Read all features of a file.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, or a Shapefile, which may be zipped.
    layer
        Name of the layer of a GeoPackage, if it has several.

    Raises
    ------
    LayerError
        No such file, unknown format, cut or damaged, parts missing, too large, several layers, no
        features.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise LayerError(Fault("E-FORMAT", path.name, facts={"known": " ".join(FORMATS)}))
    try:
        with path.open("rb") as file:
            check_signature(file.read(64), ".xlsx" if suffix == ".zip" else suffix, path.name)
        check_size(path)
        if suffix in (".geojson", ".json"):
            found = _read_geojson(path)
        elif suffix == ".gpkg":
            _check_geopackage(path)
            found = _read_layer(path, path.name, layer)
        elif suffix == ".zip":
            with unpacked(path) as inner:
                found = _read_shapefile(inner, path.name)
        else:
            found = _read_shapefile(path, path.name)
    except OSError as error:
        code = "E-FILE-MISSING" if isinstance(error, FileNotFoundError) else "E-FILE"
        fault = Fault(code, path.name, facts={"problem": error.strerror or error})
        raise LayerError(fault) from error
    if not len(found.shapes):
        raise LayerError(Fault("E-EMPTY", path.name, found.layer))
    check_rows(len(found.shapes), path.name, found.layer)
    return found


def _read_shapefile(path: Path, file: str) -> Outlines:
    check_shapefile(path, file)
    encoding, warnings = encoding_of(path, file)
    found = _read_layer(path, file, None, encoding)
    return replace(found, cut=tuple(cut_names(path, encoding)), warnings=tuple(warnings))


def _properties(records: Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    rows = [{str(key): _text(value) for key, value in record.items()} for record in records]
    index = pd.RangeIndex(1, len(rows) + 1, name="row")
    return pd.DataFrame(rows, index=index).fillna("").astype(str)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, np.generic):
        value = value.item()
    return "" if pd.isna(value) else value_text(value)


def _read_geojson(path: Path) -> Outlines:
    content, _ = decode(path.read_bytes(), path.name)
    try:
        document = json.loads(content)
        features = _features(document)
        shapes = [None if f["geometry"] is None else shape(f["geometry"]) for f in features]
        records = [dict(feature["properties"] or {}) for feature in features]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, IndexError,
            shapely.errors.ShapelyError) as error:  # fmt: skip
        problem = f"{type(error).__name__}: {error}"
        raise LayerError(Fault("E-GEOJSON", path.name, facts={"problem": problem})) from error
    said = {"文件名 / file name": path.name}
    said |= {
        name: json.dumps(document[name], ensure_ascii=False)
        for name in ("crs", "crs_note", "datum")
        if name in document
    }
    if records and DATAV_NOTES[0] <= set(records[0]) and DATAV_NOTES[1] & set(records[0]):
        said["properties adcode, acroutes (DataV GeoAtlas)"] = "GCJ-02"
    array = np.empty(len(shapes), object)
    array[:] = shapes
    own = _named_crs(document.get("crs"), path.name)
    return Outlines(path.name, None, _properties(records), array, own, said)


def _features(document: Any) -> Any:
    """Return the features of a document; a lone feature or shape is GeoJSON, too (RFC 7946)."""
    if document.get("type") == "Feature":
        return [document]
    if "coordinates" in document and "features" not in document:
        return [{"geometry": document, "properties": None}]
    return document["features"]


def _named_crs(member: Any, file: str) -> CRS | None:
    """Return the reference system of GeoJSON's former `crs` member; none for CRS84, the default."""
    if member is None:
        return None
    try:
        crs = CRS.from_user_input(member["properties"]["name"])
    except (PyprojCRSError, TypeError, KeyError) as error:
        facts = {"problem": "crs"}
        raise LayerError(Fault("E-GEOJSON", file, value=str(member), facts=facts)) from error
    return None if crs.equals(WGS84, ignore_axis_order=True) else crs


def _check_geopackage(path: Path) -> None:
    # Quoted, for in a URI # and ? end the name and %41 is another one.
    uri = f"file:{quote(os.fsencode(path.absolute()), safe='')}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # its own words may be damaged
        raise LayerError(Fault("E-DAMAGED", path.name, facts={"problem": error})) from error
    if answer != "ok":
        raise LayerError(Fault("E-DAMAGED", path.name, facts={"problem": answer}))


def _read_layer(path: Path, file: str, layer: str | None, encoding: str | None = None) -> Outlines:
    try:
        with warnings.catch_warnings():
            # What GDAL warns about is checked here, and stops.
            warnings.simplefilter("ignore")
            layers = [str(name) for name, _ in pyogrio.list_layers(path)]
            named = [layer] if layer is not None else layers
            if len(named) != 1 or named[0] not in layers:
                facts = {"sheets": "、".join(layers) or "—"}
                raise LayerError(Fault("E-SHEET", file, layer, facts=facts))
            frame = pyogrio.read_dataframe(path, layer=named[0], encoding=encoding)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
            pyogrio.errors.FeatureError, shapely.errors.ShapelyError, UnicodeDecodeError,
            UnboundLocalError) as error:  # fmt: skip
        # The last is what pyogrio makes of a reference system that is no UTF-8.
        raise LayerError(Fault("E-DAMAGED", file, facts={"problem": error})) from error
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    properties = _properties(table.to_dict("records"))
    shapes = np.asarray(frame.geometry if "geometry" in frame else [None] * len(frame), object)
    crs = None if getattr(frame, "crs", None) is None else CRS.from_user_input(frame.crs)
    said = {"文件名 / file name": file}
    return Outlines(file, named[0], properties, shapes, crs, said)
