"""What a study file may say about tours of mobile units: the section `[tour]`."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["mobile.museum", "mobile.van"]
Weekday = Annotated[int, Field(ge=1, le=7)]
Span = Annotated[tuple[datetime.date, datetime.date], Field(strict=False)]
SCHOOLS = (
    "school.featured",
    "school.museum",
    "school.maker",
    "school.rural_museum",
    "school.rural_palace",
)
HALLS = ("town.hall", "civic.practice", "civic.party")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ServiceRules(_Strict):
    """
    Whom a kind of unit is for: those of a group who meet none of the standards `lacks`.

    A place is reached that lies within `minutes` of its stops in `visits` periods (days of a van,
    stays of a set) a year or more; `more_visits` is how many are still of use.
    """

    kind: Kind
    lacks: tuple[str, ...] = Field(min_length=1, strict=False)
    mode: Literal["walk", "ebike", "car"]
    minutes: float = Field(gt=0, le=600)
    visits: int = Field(default=1, ge=1, le=50)
    more_visits: int = Field(default=1, ge=1, le=50)
    group: Literal["people", "youth", "farmers", "workers", "elderly", "officials"] = "people"
    area: Literal["all", "urban", "rural"] = "all"
    basis: str = ""


class UnitRules(_Strict):
    """
    Units of one kind that share a depot, a calendar and a way of working.

    A van (`mobile.van`) makes day trips of `most_stops` stops within `hours`; a set
    (`mobile.museum`) stays `stay_days` at a host after `setup_days` of moving and setting up.
    """

    name: str = Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")
    kind: Kind
    depot: str = Field(min_length=1)
    count: int = Field(default=1, ge=1, le=50)
    weekdays: tuple[Weekday, ...] = Field(default=(1, 2, 3, 4, 5, 6, 7), min_length=1, strict=False)
    days_off: tuple[Span, ...] = Field(default=(), strict=False)
    hosts: tuple[str, ...] = Field(default=(), strict=False)
    most_visits: int = Field(default=4, ge=1, le=366)
    capacity: int | None = Field(default=None, ge=1)
    km: float | None = Field(default=None, ge=0)
    start: str = Field(default="08:30", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    hours: float = Field(default=8, gt=0, le=24)
    stop_minutes: float = Field(default=120, ge=0, le=1440)
    most_stops: int = Field(default=2, ge=1, le=8)
    stay_days: int = Field(default=60, ge=1, le=366)
    setup_days: int = Field(default=3, ge=0, le=60)


class FloodRules(_Strict):
    """A time in which roads or places are closed: hosts of towns, or by themselves."""

    first: datetime.date
    last: datetime.date
    towns: tuple[str, ...] = Field(default=(), strict=False)
    hosts: tuple[str, ...] = Field(default=(), strict=False)


class TourRules(_Strict):
    """
    Where mobile units may go, and when.

    Hosts are those of `file` alone; without it, open venues of the types `schools` and `halls`,
    and for vans the places themselves (with `places = "rural"` those of the countryside). Schools
    are open in `terms`; without any they always are.
    """

    first: datetime.date | None = None
    last: datetime.date | None = None
    file: str | None = None
    datum: str | None = None
    places: Literal["rural", "all", "none"] = "all"
    schools: tuple[str, ...] = Field(default=SCHOOLS, strict=False)
    halls: tuple[str, ...] = Field(default=HALLS, strict=False)
    terms: tuple[Span, ...] = Field(default=(), strict=False)
    holidays: tuple[Span, ...] = Field(default=(), strict=False)
    floods: tuple[FloodRules, ...] = Field(default=(), strict=False)
    floors: dict[str, float] = Field(default_factory=dict)
    town_visits: int = Field(default=0, ge=0, le=100)
    services: tuple[ServiceRules, ...] = Field(default=(), strict=False)
    units: tuple[UnitRules, ...] = Field(default=(), strict=False)
