"""What the layers say of each other: roads of another place, the wrong datum, the missing edge."""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from .coverage.times import Times
from .geo.errors import CrsError, Fault, LayerError
from .geo.network import Network
from .geo.probe import FEWEST, probe_datum
from .geo.profile import default_profiles
from .inputs import Layers
from .layers.edges import people_near_border
from .study_keys import Study

ENOUGH_BUFFER = 0.5
"""Roads that reach half of the buffer on every side are not complained about."""
REACH_KMH = {"walk": 4.0, "ebike": 15.0, "car": 40.0}
"""How far a limit reaches across the border, on a straight line with the detour taken off."""
LISTED = 10
"""Names in one message."""


def check_roads(study: Study, layers: Layers, network: Network) -> list[Fault]:
    """Refuse roads of another place; warn where they cover only a part of the district."""
    box = shapely.box(network.lon.min(), network.lat.min(), network.lon.max(), network.lat.max())
    places = layers.demand.geometry.to_crs(4326)
    inside = float(places.within(box).mean())
    facts = {"percent": f"{100 * inside:.1f}"}
    if inside < 0.5:
        raise LayerError(Fault("E-ROADS-ELSEWHERE", file=study.roads.file, facts=facts))
    if inside < 1.0:
        return [Fault("W-ROADS-PART", file=study.roads.file, facts=facts)]
    west, south, east, north = layers.towns.total_bounds
    x, y = network.extent_in(layers.towns.crs)
    beyond = min(west - x[0], south - y[0], x[1] - east, y[1] - north) / 1000
    if beyond < study.study.buffer_km * ENOUGH_BUFFER:
        facts = {"km": f"{max(beyond, 0):.1f}", "buffer": f"{study.study.buffer_km:g}"}
        return [Fault("W-ROADS-BUFFER", file=study.roads.file, facts=facts)]
    return []


def check_edges(study: Study, layers: Layers) -> list[Fault]:
    """Tell whose coverage suffers where no venues beyond the border are given."""
    outside = layers.venues[layers.venues["outside"] & (layers.venues["status"] == "open")]
    people = int(layers.demand["people"].sum())
    found = []
    for standard in study.standards:
        if set(standard.types) & set(outside["type"]):
            continue
        detour = study.profiles[standard.mode].detour or 1.0
        metres = REACH_KMH[standard.mode] * 1000 / 60 * standard.minutes / max(detour, 1.0)
        near = people_near_border(layers.demand, layers.towns, metres)
        found.append(f"{standard.name}（{100 * near / people:.1f}%）")
    return [Fault("W-EDGE", facts={"standards": "、".join(found)})] if found else []


def check_datums(
    study: Study, layers: Layers, network: Network
) -> tuple[dict[str, dict[str, float]], list[Fault]]:
    """
    Ask the roads whether venues and demand are in the datum that the study declares.

    Returns
    -------
    dict
        Median metres to the nearest road by table and datum.
    list
        Warnings where the roads cannot tell, or contradict and the study insists.

    Raises
    ------
    CrsError
        The roads contradict the study.
    """
    found: dict[str, dict[str, float]] = {}
    warnings: list[Fault] = []
    for name, layer, source in (
        ("venues", layers.venues, study.venues),
        ("demand", layers.demand, study.demand),
    ):
        if source.datum is None:  # a raster bears its own reference system
            continue
        points = layer.geometry.to_crs(4326)
        declared = source.datum if source.datum in ("GCJ02", "BD09") else "WGS84"
        probe = probe_datum(network, points.x.to_numpy(), points.y.to_numpy(), declared)
        found[name] = probe.metres
        facts: dict[str, object] = {
            datum: f"{metres:.0f}" for datum, metres in probe.metres.items()
        }
        facts |= {"declared": source.datum, "winner": str(probe.winner), "count": len(layer)}
        if probe.winner is None:
            if len(layer) >= FEWEST:
                warnings.append(Fault("W-DATUM-UNSURE", file=source.file, facts=facts))
        elif probe.winner != declared:
            if not source.accept_datum:
                raise CrsError(Fault("E-DATUM-PROBE", file=source.file, facts=facts))
            warnings.append(Fault("W-DATUM-PROBE", file=source.file, facts=facts))
    return found, warnings


def check_snaps(layers: Layers, times: Mapping[str, Times]) -> list[Fault]:
    """List what is not connected, and walks that cross a river, a railway or a motorway."""
    warnings = []
    places = layers.demand["name"].to_numpy()
    venues = layers.venues["name"].to_numpy()
    people = layers.demand["people"].to_numpy()
    for mode, table in times.items():
        for code, names, chosen in (
            ("W-NOT-CONNECTED", places, ~table.connected),
            ("W-VENUE-NOT-CONNECTED", venues, ~table.venue_doors.snaps.connected),
            ("W-SNAP-CROSSES", places, table.place_doors.snaps.crosses),
        ):
            if chosen.any():
                facts: dict[str, object] = {
                    "mode": default_profiles()[mode].name_zh,
                    "mode_en": mode,
                    "count": int(chosen.sum()),
                    "names": "、".join(names[chosen][:LISTED]),
                }
                if names is places:
                    facts["people"] = int(people[chosen].sum())
                warnings.append(Fault(code, facts=facts))
    return warnings
