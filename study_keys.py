"""What a study file may say: the keys, their defaults and the values that are allowed."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from .coverage.share import Standard
from .geo.profile import Profile, at_pace, default_profiles, with_speeds
from .layers.groups import GroupRule
from .siting_keys import SitesRules
from .touring_keys import TourRules

Mode = Literal["walk", "ebike", "car"]
Line = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A text of one line: control characters end file names, and cannot stand in a workbook."""
SPEEDS_KMH = {"walk": (1, 8), "ebike": (3, 40), "car": (3, 130)}
"""Speeds outside these are mistakes of unit: m/s for km/h, or the other way round."""
Metres = Annotated[float, Field(ge=0, le=20000)]
"""How far a point may be off."""


def wrong_speed(mode: str, kmh: float) -> dict[str, str]:
    """Return what a message says of a speed that no such mode has; nothing of one that it may."""
    low, high = SPEEDS_KMH[mode]
    if low <= kmh <= high:
        return {}
    return {
        "zh": f"该方式的速度须在 {low}–{high} km/h 之间",
        "en": f"a speed of this mode lies between {low} and {high} km/h",
    }


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class About(_Strict):
    """What the study is, and what holds for all of it."""

    name: Line
    date: datetime.date
    illustrative: bool = False
    review: str = ""
    direction: Literal["to_venue", "from_venue"] = "to_venue"
    buffer_km: float = Field(default=15, ge=0, le=200)
    horizon_minutes: float = Field(default=120, gt=0, le=600)
    thresholds: tuple[float, ...] = Field(default=(5, 10, 15, 30, 60), strict=False)
    modes: tuple[Mode, ...] = Field(default=("walk", "ebike", "car"), min_length=1, strict=False)
    land_points: int = Field(default=1200, ge=0, le=20000)


class Source(_Strict):
    """A file, where it comes from, and what its coordinates mean."""

    file: Line
    source: str = ""
    date: datetime.date | None = None


class TownSource(Source):
    """Boundaries of the towns."""

    datum: str | None = None
    layer: str | None = None
    year: int | None = Field(default=None, ge=1949, le=2100)
    accept_datum: bool = False
    accept_gaps: bool = False


class TableSource(Source):
    """
    A table: its sheet or layer and the row of its header where they cannot be told.

    `columns` gives headers as they stand by the names of columns; `corrections` is a corrected
    quarantine of the table, whose rows replace those that were refused.
    """

    datum: str | None = None
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1, le=1000)
    columns: dict[str, str] = Field(default_factory=dict)
    corrections: str | None = None
    accept_datum: bool = False


class VenueSource(TableSource):
    """Table of the venues."""


class DemandSource(TableSource):
    """
    Where people live: a table of places, or a GeoTIFF of people.

    A raster (`.tif`) bears its own reference system and needs `kind`; a table needs `datum`.
    """

    kind: Literal["count", "density"] | None = None
    block: int = Field(default=1, ge=1, le=100)
    population: Literal["resident", "registered", "census"]
    year: int = Field(ge=1949, le=2100)

    @property
    def is_raster(self) -> bool:
        """Whether the file is a GeoTIFF."""
        return self.file.lower().endswith((".tif", ".tiff"))


class RoadSource(Source):
    """Road network."""

    ferries: bool = False
    sha256: str | None = Field(default=None, pattern="^[0-9a-fA-F]{64}$")


class ModeRules(_Strict):
    """What a study changes in `data/modes.csv`."""

    access_kmh: float | None = Field(default=None, ge=1, le=8)
    detour: float | None = Field(default=None, ge=1, le=3)
    snap_metres: float | None = Field(default=None, ge=0, le=20000)
    arrival_seconds: float | None = Field(default=None, ge=0, le=3600)


class ControlRules(_Strict):
    """Official totals that the people of the towns are brought to; see `layers.control`."""

    totals: dict[str, int] = Field(default_factory=dict)
    district_total: int | None = Field(default=None, ge=0)
    source: str = Field(min_length=1)


class GroupRules(_Strict):
    """How a group that the table lacks is estimated; see `layers.groups.GroupRule`."""

    group: Literal["youth", "farmers", "workers", "elderly", "officials"]
    basis: Literal["share", "total"]
    urban: float = Field(ge=0)
    rural: float = Field(ge=0)
    total: int | None = Field(default=None, ge=0)
    source: str = Field(min_length=1)


class PaceRules(_Strict):
    """A group that travels slower (or faster): its share of the speeds of a mode, walks too."""

    group: Literal["youth", "farmers", "workers", "elderly", "officials"]
    mode: Mode
    share: float = Field(ge=0.3, le=1.5)
    source: str = Field(min_length=1)


class SurenessRules(_Strict):
    """How bands are drawn: see `coverage.bands`; `metres` by grade overrides data/precision.csv."""

    seed: int = Field(default=441802, ge=0)
    draws: int = Field(default=200, ge=20, le=2000)
    speed_change: float = Field(default=0.25, gt=0, lt=1)
    metres: dict[Literal["A", "B", "C", "D", "E", ""], Metres] = Field(default_factory=dict)


class CalibrationRules(_Strict):
    """A small table of timed trips that the speeds are held against; see `coverage.calibration`."""

    file: Line
    source: str = Field(min_length=1)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1, le=1000)
    columns: dict[str, str] = Field(default_factory=dict)


_NO_QUOTES = r"[^\s'\";]*"
TILES = "".join(
    [
        r"^(none|tianditu|osm|https?://",
        rf"{_NO_QUOTES}\{{z\}}{_NO_QUOTES}",
        rf"(\{{x\}}{_NO_QUOTES}\{{y\}}|\{{y\}}{_NO_QUOTES}\{{x\}}){_NO_QUOTES})$",
    ]
)
"""What `tiles` may be; nothing that could end the policy of the page."""


class TargetRules(_Strict):
    """A table of figures that were reported on the targets of the plan; see `layers.progress`."""

    file: Line
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1, le=1000)
    columns: dict[str, str] = Field(default_factory=dict)


class MapRules(_Strict):
    """
    How the web map is made.

    `mode` public hides coordinates, rounds points, keeps small counts back and lays what tells of
    single places apart. `tiles` is none, tianditu, osm, or the address of a server of one's own
    ({z}, {x}, {y}) whose datum is `datum`.
    The `key` of a service stands in the page for everybody who opens it, but in no other output.
    `isochrones` draws what is within reach of each venue: most of the time that the page takes.
    """

    mode: Literal["internal", "public"] = "internal"
    tiles: str = Field(default="none", pattern=TILES)
    datum: Literal["WGS84", "CGCS2000", "GCJ02"] = "WGS84"
    key: str = Field(default="", pattern="^[0-9A-Za-z_-]*$", exclude=True, repr=False)
    isochrones: bool = True


class StandardRules(_Strict):
    """Who should reach what within how long; see `coverage.share.Standard`."""

    key: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")
    name: Line
    types: tuple[str, ...] = Field(min_length=1, strict=False)
    mode: Mode
    minutes: float = Field(gt=0, le=600)
    goal: float = Field(gt=0, le=1)
    group: Literal["people", "youth", "farmers", "workers", "elderly", "officials"] = "people"
    area: Literal["all", "urban", "rural"] = "all"
    basis: str = ""
    count: int = Field(default=1, ge=1, le=5)
    opening: Literal["", "evening", "weekend", "term", "holiday"] = ""
    indicator: str = ""
    people_a_unit: float = Field(default=0.0, ge=0)
    capacity_unit: str = ""


class Study(_Strict):
    """
    A study file (TOML) as it stands; paths are relative to it.

    Unknown keys are errors that name the nearest right one.
    """

    study: About
    towns: TownSource
    venues: VenueSource
    demand: DemandSource
    roads: RoadSource
    control: ControlRules | None = None
    groups: tuple[GroupRules, ...] = Field(default=(), strict=False)
    modes: dict[Mode, ModeRules] = Field(default_factory=dict)
    speeds: dict[Mode, dict[str, float]] = Field(default_factory=dict)
    paces: tuple[PaceRules, ...] = Field(default=(), strict=False)
    sureness: SurenessRules = Field(default_factory=SurenessRules)
    calibration: CalibrationRules | None = None
    targets: TargetRules | None = None
    map: MapRules = Field(default_factory=MapRules)
    standards: tuple[StandardRules, ...] = Field(min_length=1, strict=False)
    sites: SitesRules = Field(default_factory=SitesRules)
    tour: TourRules = Field(default_factory=TourRules)
    folder: Path = Field(default=Path(), exclude=True)
    path: Path = Field(default=Path(), exclude=True)

    @property
    def profiles(self) -> dict[str, Profile]:
        """The modes with the study's changes."""
        profiles = {}
        for mode, profile in default_profiles().items():
            rules = self.modes.get(mode, ModeRules()).model_dump(exclude_none=True)  # type: ignore[call-overload]
            speeds = self.speeds.get(mode, {})  # type: ignore[call-overload]
            profiles[mode] = with_speeds(replace(profile, **rules), speeds)
        return profiles

    @property
    def paced(self) -> dict[tuple[str, str], Profile]:
        """The modes of groups with their own pace, by group and mode."""
        return {
            (rules.group, rules.mode): at_pace(self.profiles[rules.mode], rules.share)
            for rules in self.paces
        }

    def profile_of(self, standard: Standard) -> Profile:
        """Return how the people of a standard travel."""
        return self.paced.get((standard.group, standard.mode), self.profiles[standard.mode])

    @property
    def wanted(self) -> tuple[Standard, ...]:
        """The standards, for the analysis."""
        return tuple(Standard(**rules.model_dump()) for rules in self.standards)

    @property
    def estimates(self) -> tuple[GroupRule, ...]:
        """The rules for groups that the table lacks."""
        return tuple(GroupRule(**rules.model_dump()) for rules in self.groups)
