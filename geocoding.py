"""Asking an online service about the addresses of a study: a table to review, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from .geo.errors import Fault, LayerError
from .inputs import towns_of
from .layers.asking import Client, GeocodeError
from .layers.features import read_records
from .layers.geocode_online import ReplyCache, geocode_table, provider_named
from .layers.venue_addresses import addresses_asked, with_coordinates
from .layers.venue_columns import venue_columns
from .layers.venues import venue_types
from .study_file import read_study


def ask_online(
    path: Path,
    provider: str,
    cache: Path,
    *,
    url: str | None = None,
    progress: Callable[[str], None],
) -> tuple[pd.DataFrame, GeocodeError | None]:
    """
    Ask a service for the venues without coordinates.

    Parameters
    ----------
    path
        The study file.
    provider
        amap, tianditu, baidu or nominatim; its key stands in the environment.
    cache
        Where replies are kept, so that nothing is asked twice.
    url
        Of a service of one's own, such as a Nominatim on the intranet; None asks the public one.
    progress
        Told how far it is.

    Returns
    -------
    DataFrame
        By row of the table of venues: what was answered and whether it can be believed.
    GeocodeError
        Why it stopped early; None if it did not.

    Raises
    ------
    KepuError
        The study cannot be read, no row lacks coordinates, or there is no key.
    """
    study = read_study(path)
    towns, _ = towns_of(study)
    source = study.venues
    known = venue_columns(venue_types())
    table = read_records(
        study.folder / source.file,
        known,
        sheet=source.sheet,
        header=source.header,
        stated=source.columns or None,
    )
    table = with_coordinates(table, known, source.columns or None)
    rows = addresses_asked(table, known, source.columns or None)
    if rows.empty:
        raise LayerError(Fault("E-NO-ADDRESSES", file=source.file))
    cache.parent.mkdir(parents=True, exist_ok=True)
    service = provider_named(provider, client=Client(), url=url)
    try:
        answers = geocode_table(
            rows,
            service,
            ReplyCache(cache),
            towns,
            district=study.study.name,
            reach_metres=study.study.buffer_km * 1000,
            progress=lambda done, total: progress(f"{done}/{total}"),
        )
    except GeocodeError as error:
        partial = getattr(error, "table", None)
        if partial is None:
            raise
        return partial, error
    return answers, None
