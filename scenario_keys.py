"""What a scenario may say: an ordered list of edits on a study, which itself never changes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .study_keys import Mode

Group = Literal["youth", "farmers", "workers", "elderly", "officials"]
Point = tuple[float, float]
Identifier = Annotated[str, Field(min_length=1, max_length=60)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Names = Annotated[tuple[Identifier, ...], Field(min_length=1, strict=False)]
Modes = Annotated[tuple[Mode, ...], Field(min_length=1, strict=False)]
Line = Annotated[
    tuple[Annotated[Point, Field(strict=False)], ...], Field(min_length=2, strict=False)
]
EVERY_MODE: tuple[Mode, ...] = ("walk", "ebike", "car")


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OpenVenues(_Edit):
    """Open venues of the table that are planned, closed or candidates."""

    do: Literal["open_venue"]
    venue: Names


class CloseVenues(_Edit):
    """Close venues that are open."""

    do: Literal["close_venue"]
    venue: Names


class AddVenue(_Edit):
    """Open a venue that no table knows; `datum` says what its coordinates mean."""

    do: Literal["add_venue"]
    id: Identifier
    name: str = ""
    type: str
    lon: Longitude
    lat: Latitude
    datum: str = "WGS84"
    capacity: float | None = Field(default=None, ge=0)
    capacity_unit: str = ""
    days: str = ""
    hours: str = ""


class MoveVenue(_Edit):
    """Move a venue."""

    do: Literal["move_venue"]
    venue: Identifier
    lon: Longitude
    lat: Latitude
    datum: str = "WGS84"


class UpgradeVenue(_Edit):
    """
    Give a venue another function, open from then on; with `keep` beside its own.

    The added function is a venue of its own in the same house, `ID+TYPE`.
    """

    do: Literal["upgrade_venue"]
    venue: Identifier
    type: str
    keep: bool = True
    capacity: float | None = Field(default=None, ge=0)
    capacity_unit: str = ""


class ChangeCapacity(_Edit):
    """Change what a venue holds."""

    do: Literal["change_capacity"]
    venue: Identifier
    capacity: float = Field(ge=0)
    capacity_unit: str | None = None


class ChangeHours(_Edit):
    """Change when a venue is open."""

    do: Literal["change_hours"]
    venue: Identifier
    days: str | None = None
    hours: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ChangeHours:
        if self.days is None and self.hours is None:
            raise ValueError("days, hours")
        return self


class AddPeople(_Edit):
    """People at a new place; groups that are not given are estimated by the shares of its town."""

    do: Literal["add_people"]
    id: Identifier
    name: str = ""
    lon: Longitude
    lat: Latitude
    datum: str = "WGS84"
    people: int = Field(gt=0, le=10_000_000)
    groups: dict[Group, int] = Field(default_factory=dict)
    rural: bool | None = None


class CloseRoads(_Edit):
    """
    Close roads: a way of the source, all of a name, or what lies in an area.

    `area_file` is a spatial file with polygons; `area` the corners of one.
    """

    do: Literal["close_roads"]
    way: int | None = None
    name: str | None = Field(default=None, min_length=1)
    area: Annotated[Line, Field(min_length=3)] | None = None
    area_file: str | None = Field(default=None, min_length=1)
    datum: str = "WGS84"
    bridges: bool = True
    modes: Modes = EVERY_MODE

    @model_validator(mode="after")
    def _says_one(self) -> CloseRoads:
        said = [self.way, self.name, self.area, self.area_file]
        if sum(value is not None for value in said) != 1:
            raise ValueError("way, name, area, area_file")
        return self


class AddRoad(_Edit):
    """Build a road along some points; both its ends join what is there."""

    do: Literal["add_road"]
    line: Line
    highway: str
    name: str = ""
    oneway: bool = False
    bridge: bool = False
    limit_kmh: float | None = Field(default=None, gt=0, le=130)
    datum: str = "WGS84"
    join_metres: float = Field(default=50.0, ge=0, le=2000)


class ChangeSpeed(_Edit):
    """Change the speed of a class of roads in a mode, rural and built-up alike."""

    do: Literal["change_speed"]
    mode: Mode
    highway: str
    kmh: float = Field(ge=1, le=130)


VenueEdit = (
    OpenVenues | CloseVenues | AddVenue | MoveVenue | UpgradeVenue | ChangeCapacity | ChangeHours
)
RoadEdit = CloseRoads | AddRoad | ChangeSpeed
Edit = VenueEdit | AddPeople | RoadEdit
DOING: dict[str, type[_Edit]] = {
    str(kind.model_fields["do"].annotation.__args__[0]): kind  # type: ignore[union-attr]
    for kind in (
        OpenVenues, CloseVenues, AddVenue, MoveVenue, UpgradeVenue, ChangeCapacity, ChangeHours,
        AddPeople, CloseRoads, AddRoad, ChangeSpeed,
    )
}  # fmt: skip
"""The edits by what they do."""


class Scenario(BaseModel):
    """
    A scenario file: its name, and edits in their order.

    With `resnap` everybody looks for the nearest road anew; otherwise all stay tied where they were
    before the roads changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1, max_length=80)
    note: str = ""
    resnap: bool = False
    edits: tuple[Annotated[Edit, Field(discriminator="do")], ...] = Field(default=(), strict=False)
