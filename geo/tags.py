"""
What the tags of a road mean to a walker, an e-bike and a car: may they use it, which way.

Access and one-way tags are read from the most special key to the most general, as OpenStreetMap's
documentation orders them (wiki: Key:access, Key:oneway); the first key that says something decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from .profile import Profile

ACCESS_KEYS = {
    "walk": ("foot", "access"),
    "ebike": ("electric_bicycle", "bicycle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
ONEWAY_KEYS = {
    "walk": ("oneway:foot",),
    "ebike": ("oneway:electric_bicycle", "oneway:bicycle", "oneway:vehicle", "oneway"),
    "car": ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
}
OPEN = frozenset("yes permissive designated official destination customers delivery public".split())
CLOSED = frozenset(
    "no private agricultural forestry military emergency permit residents restricted psv".split()
)
"""Everything else (`unknown`, misspellings) says nothing, and the next key is asked. Of several
values (`agricultural;destination`) any that lets in does."""
FORWARD = frozenset(("yes", "true", "1"))
BACKWARD = frozenset(("-1", "reverse"))
BOTH = frozenset(("no", "false", "0", "alternating"))
NEITHER = frozenset(("reversible",))
"""Changes its direction by the hour: nobody can rely on it."""

BARRIERS = {
    "walk": frozenset(("wall", "fence", "hedge", "retaining_wall", "city_wall")),
    "ebike": frozenset("stile turnstile kissing_gate full-height_turnstile wall fence".split()),
    "car": frozenset(
        "bollard block stile turnstile kissing_gate full-height_turnstile cycle_barrier "
        "motorcycle_barrier jersey_barrier log debris planter wall fence".split()
    ),
}
"""Whom a barrier stops; all others (gates, chains, toll booths) stand open unless tagged."""

UNPAVED = frozenset(
    "unpaved gravel fine_gravel pebblestone rock dirt earth ground mud sand grass "
    "compacted clay soil woodchips".split()
)
UNPAVED_FACTOR = 0.6
UNKNOWN_SURFACE_FACTOR = 0.9
"""On unclassified roads and tracks without a surface tag."""
ROAD_KEYS = frozenset(
    {"highway", "route", "man_made", "tracktype", "area", "motorroad", "junction", "surface"}
    | {"bridge", "tunnel", "maxspeed", "maxspeed:forward", "maxspeed:backward"}
    | {key + way for keys in ACCESS_KEYS.values() for key in keys
       for way in ("", ":forward", ":backward")}
    | {key for keys in ONEWAY_KEYS.values() for key in keys}
)  # fmt: skip
"""All keys of a way that are asked for, but its names: ways that say the same here are alike."""
MPH_KMH = 1.609344


def road_class(tags: Mapping[str, str]) -> str | None:
    """Return the class of a way as the speed tables name it; None if it is no road at all."""
    highway = tags.get("highway")
    if highway is None:
        if tags.get("route") == "ferry":
            return "ferry"
        return "pier" if tags.get("man_made") == "pier" else None
    if highway == "track":
        grade = tags.get("tracktype")
        if grade in ("grade4", "grade5"):
            return "track:grade4"
        return "track:grade1" if grade == "grade1" else "track"
    return highway


def _permission(tags: Mapping[str, str], keys: Iterable[str], suffix: str = "") -> bool | None:
    """Return what the first key that says anything says; each of `agricultural;forestry` speaks."""
    for key in keys:
        said = {part.strip() for part in tags.get(key + suffix, "").split(";")}
        if said & OPEN:
            return True
        if said & CLOSED:
            return False
    return None


def directions(profile: Profile, tags: Mapping[str, str], name: str) -> tuple[bool, bool]:
    """
    Tell whether a way may be used along its nodes and against them.

    Parameters
    ----------
    profile
        The mode.
    tags
        All tags of the way.
    name
        Its class as `road_class` tells it.
    """
    speed = profile.speeds.get(name)
    if speed is None or (profile.mode != "walk" and tags.get("area") == "yes"):
        return False, False
    keys = ACCESS_KEYS[profile.mode]
    invited = _permission(tags, keys[:-1]) is True  # the general key closes, but opens nothing
    motorroad = tags.get("motorroad") == "yes" and profile.mode != "car"
    if _permission(tags, keys) is False or not (invited or (speed.access and not motorroad)):
        return False, False
    forward, backward = _oneway(profile.mode, tags, name)
    if _permission(tags, keys, ":forward") is False:
        forward = False
    if _permission(tags, keys, ":backward") is False:
        backward = False
    return forward, backward


def _oneway(mode: str, tags: Mapping[str, str], name: str) -> tuple[bool, bool]:
    for key in ONEWAY_KEYS[mode]:
        value = tags.get(key)
        if value in FORWARD:
            return True, False
        if value in BACKWARD:
            return False, True
        if value in BOTH:
            return True, True
        if value in NEITHER:
            return False, False
    implied = name == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return True, mode == "walk" or not implied


def blocks(mode: str, tags: Mapping[str, str]) -> bool:
    """Tell whether a node with a barrier stops a mode."""
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    allowed = _permission(tags, ACCESS_KEYS[mode])
    if allowed is not None:
        return not allowed
    return barrier in BARRIERS[mode]


def maxspeed_kmh(text: str | None) -> float | None:
    """
    Read a speed limit; None where it is missing or says no usable number.

    Of several values (`50;80`) the lowest counts. Numbers are km/h unless `mph` is written; zero,
    `none`, `signals` and country codes such as `CN:urban` are no limit to reckon with.
    """
    if not text:
        return None
    speeds = []
    for part in re.split(r"[;|,]", unicodedata.normalize("NFKC", text)):
        found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*(km/?h|kph|mph)?\s*", part, re.IGNORECASE)
        if found is None:
            return None
        factor = MPH_KMH if (found[2] or "").lower() == "mph" else 1.0
        speeds.append(float(found[1]) * factor)
    return min(speeds) if min(speeds) > 0 else None


def surface_factor(tags: Mapping[str, str], name: str) -> float:
    """Return the share of the class speed that a car or e-bike keeps on the worst surface named."""
    surface = tags.get("surface")
    if surface is None:
        unsure = name == "unclassified" or name.startswith("track")
        return UNKNOWN_SURFACE_FACTOR if unsure else 1.0
    unpaved = any(part.partition(":")[0].strip() in UNPAVED for part in surface.split(";"))
    return UNPAVED_FACTOR if unpaved else 1.0
