"""What a scenario may say: an ordered list of edits on a study, which itself never changes."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .study_keys import Mode

NO_CONTROL = r"^[^\x00-\x1F\x7F-\x9F\u2028\u2029\u202A-\u202E\u2066-\u2069]*$"
"""Control characters end file names, colour terminals and cannot stand in a workbook."""
Group = Literal["youth", "farmers", "workers", "elderly", "officials"]
EVERY_GROUP: tuple[str, ...] = get_args(Group)
Text = Annotated[str, Field(max_length=200, pattern=NO_CONTROL)]
Identifier = Annotated[str, Field(min_length=1, max_length=60, pattern=NO_CONTROL)]
Class = Annotated[str, Field(min_length=1, max_length=60, pattern=NO_CONTROL)]
FileName = Annotated[str, Field(min_length=1, max_length=4000, pattern=NO_CONTROL)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Capacity = Annotated[float, Field(ge=0, le=1_000_000_000)]
Way = Annotated[int, Field(ge=1, le=2**63 - 1)]
Names = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=5000, strict=False)]
Groups = Annotated[tuple[Group, ...], Field(max_length=5, strict=False)]
Modes = Annotated[tuple[Mode, ...], Field(min_length=1, max_length=3, strict=False)]
Point = Annotated[tuple[Longitude, Latitude], Field(strict=False)]
Line = Annotated[tuple[Point, ...], Field(min_length=2, max_length=20_000, strict=False)]
EVERY_MODE: tuple[Mode, ...] = ("walk", "ebike", "car")


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class OpenVenues(_Edit):
    """Open venues of the table that are planned, closed or candidates."""

    do: Literal["open_venue"]
    venue: Names


class CloseVenues(_Edit):
    """Close venues that are open."""

    do: Literal["close_venue"]
    venue: Names


class AddVenue(_Edit):
    """
    Open a venue that no table knows; `datum` says what its coordinates mean.

    `serves` names the groups that it is for; without, it is for everybody.
    """

    do: Literal["add_venue"]
    id: Identifier
    name: Text = ""
    type: Class
    lon: Longitude
    lat: Latitude
    datum: Class = "WGS84"
    capacity: Capacity | None = None
    capacity_unit: Text = ""
    days: Text = ""
    hours: Text = ""
    serves: Groups = ()


class MoveVenue(_Edit):
    """Move a venue."""

    do: Literal["move_venue"]
    venue: Identifier
    lon: Longitude
    lat: Latitude
    datum: Class = "WGS84"


class UpgradeVenue(_Edit):
    """
    Give a venue another function, open from then on; with `keep` beside its own.

    The added function is a venue of its own in the same house, `ID+TYPE`. It is for whom the house
    is for, unless `serves` names other groups; an empty list is everybody.
    """

    do: Literal["upgrade_venue"]
    venue: Identifier
    type: Class
    keep: bool = True
    capacity: Capacity | None = None
    capacity_unit: Text = ""
    serves: Groups | None = None


class ChangeCapacity(_Edit):
    """Change what a venue holds."""

    do: Literal["change_capacity"]
    venue: Identifier
    capacity: Capacity
    capacity_unit: Text | None = None


class ChangeHours(_Edit):
    """Change when a venue is open."""

    do: Literal["change_hours"]
    venue: Identifier
    days: Text | None = None
    hours: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ChangeHours:
        if self.days is None and self.hours is None:
            raise ValueError("days, hours")
        return self


class AddPeople(_Edit):
    """People at a new place; groups that are not given are estimated by the shares of its town."""

    do: Literal["add_people"]
    id: Identifier
    name: Text = ""
    lon: Longitude
    lat: Latitude
    datum: Class = "WGS84"
    people: int = Field(gt=0, le=10_000_000)
    groups: dict[Group, int] = Field(default_factory=dict)
    rural: bool | None = None


class CloseRoads(_Edit):
    """
    Close roads: a way of the source, all of a name, or what lies in an area.

    `area_file` is a spatial file with polygons, `area` the corners of one. Without `datum` a file
    is taken at its own word, WGS 84 where it says nothing; with `accept_datum` the `datum` counts
    though the file says otherwise.
    """

    do: Literal["close_roads"]
    way: Way | None = None
    name: Annotated[Text, Field(min_length=1)] | None = None
    area: Annotated[Line, Field(min_length=3)] | None = None
    area_file: FileName | None = None
    datum: Class | None = None
    accept_datum: bool = False
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
    highway: Class
    name: Text = ""
    oneway: bool = False
    bridge: bool = False
    limit_kmh: float | None = Field(default=None, gt=0, le=130)
    datum: Class = "WGS84"
    join_metres: float = Field(default=50.0, ge=0, le=2000)


class ChangeSpeed(_Edit):
    """Change the speed of a class of roads in a mode, rural and built-up alike."""

    do: Literal["change_speed"]
    mode: Mode
    highway: Class
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

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=80, pattern=NO_CONTROL)
    note: str = Field(default="", max_length=10_000)
    resnap: bool = False
    edits: tuple[Annotated[Edit, Field(discriminator="do")], ...] = Field(
        default=(), max_length=5000, strict=False
    )
