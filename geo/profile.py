"""
How fast a walker, an e-bike and a car are on each class of road, and off the roads.

The speeds are data: `data/speeds.csv` and `data/modes.csv`, a row each with its source.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from .errors import Fault, StudyError

MODES = ("walk", "ebike", "car")

FERRY_WAIT_SECONDS = 600


@dataclass(frozen=True)
class ClassSpeed:
    """Speed of one mode on one class of road, km/h; whether it may be used and joined."""

    kmh: float
    built_up_kmh: float
    access: bool
    snap: bool


@dataclass(frozen=True)
class Profile:
    """
    How one mode travels.

    Parameters
    ----------
    access_kmh, detour
        Off the network people walk: straight distance x detour / access speed.
    snap_metres
        Places farther than this from a usable road are not connected.
    arrival_seconds
        Added at the venue: to park and walk in.
    maxspeed_share
        Speed never exceeds this share of a tagged limit; 0 where limits do not matter.
    speeds
        By class of road; a class that is missing can never be used.
    """

    mode: str
    name_zh: str
    name_en: str
    access_kmh: float
    detour: float
    snap_metres: float
    arrival_seconds: float
    maxspeed_share: float
    speeds: Mapping[str, ClassSpeed]

    def access_milliseconds(self, metres: float) -> float:
        """Return the time of a walk off the network over a straight distance."""
        return metres * self.detour * 3600.0 / self.access_kmh


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__package__.rpartition(".")[0]) / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def default_profiles() -> Mapping[str, Profile]:
    """Read the profiles of all modes from `data/modes.csv` and `data/speeds.csv`."""
    speeds = _rows("speeds.csv")
    return MappingProxyType(
        {
            row["mode"]: Profile(
                row["mode"],
                row["name_zh"],
                row["name_en"],
                float(row["access_kmh"]),
                float(row["detour"]),
                float(row["snap_metres"]),
                float(row["arrival_seconds"]),
                float(row["maxspeed_share"] or 0),
                MappingProxyType(
                    {
                        speed["highway"]: ClassSpeed(
                            float(speed["speed_kmh"]),
                            float(speed["built_up_kmh"]),
                            speed["access"] == "yes",
                            speed["snap"] == "yes",
                        )
                        for speed in speeds
                        if speed["mode"] == row["mode"]
                    }
                ),
            )
            for row in _rows("modes.csv")
        }
    )


@cache
def known_classes() -> frozenset[str]:
    """Return every value of `highway` that the tables name, usable or not."""
    return frozenset(row["highway"].partition(":")[0] for row in _rows("speeds.csv"))


def with_speeds(profile: Profile, speeds: Mapping[str, float]) -> Profile:
    """
    Return a copy of a profile with other speeds, km/h by class, rural and built-up alike.

    Raises
    ------
    StudyError
        The mode has no such class.
    """
    unknown = sorted(set(speeds) - set(profile.speeds))
    if unknown:
        raise StudyError(
            Fault("E-SPEED-CLASS", value="、".join(unknown), facts={"mode": profile.mode})
        )
    changed = {
        name: replace(profile.speeds[name], kmh=kmh, built_up_kmh=kmh)
        for name, kmh in speeds.items()
    }
    return replace(profile, speeds=MappingProxyType({**profile.speeds, **changed}))


def at_pace(profile: Profile, share: float) -> Profile:
    """Return a copy of a profile whose every speed is `share` of it, off the roads too."""
    speeds = {
        name: replace(speed, kmh=speed.kmh * share, built_up_kmh=speed.built_up_kmh * share)
        for name, speed in profile.speeds.items()
    }
    return replace(
        profile,
        access_kmh=profile.access_kmh * share,
        maxspeed_share=profile.maxspeed_share * share,
        speeds=MappingProxyType(speeds),
    )
