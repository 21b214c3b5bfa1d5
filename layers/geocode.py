"""
Geocoding without a network: a gazetteer of the study's own places, its towns and OpenStreetMap.

The most precise name that means one place answers; a name that means several answers nothing, and
all of them are shown. A place outside the stated town is no answer, nor is a likely misspelling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import pandas as pd
from geopandas import GeoDataFrame

from .addresses import COMMITTEES, DOOR, TAIL, Reading, ends_name, normalise, readings, stem
from .lookup import town_named
from .place_index import SPELLING_MOST, SPOT_CHARACTERS, Place, PlaceIndex, beginning, merged

VILLAGE_METRES = 5000.0
"""A place named after a village lies within this of the village's own point."""
BETWEEN = " 号路街道巷旁"
"""What may stand before the name of a village in the middle of an address."""
COMMITTEE_WORDS = tuple(word for words in COMMITTEES.values() for word in words)
OFFICES = ("人民政府", "政府", "办事处")
LIKENESS = 0.5
SHOWN = 5
"""Candidates that a message shows."""

RULES = {
    "door": "路名和门牌号 / street and house number",
    "spot": "地点名称 / name of a place of interest",
    "name": "设施名称与地点名称相同 / the venue bears the name of the place",
    "settlement": "自然村或小区名 / name of a settlement",
    "village": "村（社区）名 / name of a village or community",
    "kind": "村（社区）名，类别未写或不同 / name of a village or community, of no or another kind",
    "inside": "地址中间的村（社区）名 / name of a village or community in the middle",
    "town": "只有镇街 / only a town",
    "elsewhere": "不在所填镇街 / outside the stated town",
    "alike": "名称相近 / a similar name",
}


@dataclass(frozen=True)
class Candidate:
    """
    A place that an address may mean.

    Parameters
    ----------
    name, source
        Its name, and where it is known from.
    lon, lat
        WGS 84, degrees.
    town
        Code of the town.
    grade
        B door, C point of interest, D village or settlement, E town.
    rule
        Why it was found, Chinese / English.
    score
        1 where town and kind of name agree as well, less where they are not stated or differ.
    """

    name: str
    lon: float
    lat: float
    town: str
    grade: str
    source: str
    rule: str
    score: float


@dataclass(frozen=True)
class _Found:
    """Places by one rule, not merged."""

    rule: str
    places: list[Place]


class Gazetteer:
    """
    The places that addresses of a study are looked up in.

    Parameters
    ----------
    towns, demand
        From `read_towns` and `read_demand`.
    names
        From `geo.names.read_names`; places outside all towns and their margin are left out.
    district
        A text that names province, city and county of the study, as 广东省清远市清城区; then an
        address in another county is not looked up.
    """

    def __init__(
        self,
        towns: GeoDataFrame,
        demand: GeoDataFrame,
        names: pd.DataFrame | None = None,
        *,
        district: str = "",
    ) -> None:
        self._index = PlaceIndex(towns, demand, names, district)

    def stated_town(self, town: str) -> str | None:
        """Return the code of a town that a table states: "" for none, None for an unknown one."""
        return town_named(town, self._index.stated) if town.strip() else ""

    def address_town(self, address: str) -> str:
        """Return the code of the town that an address names, "" for none."""
        found = readings(normalise(address), self._index.towns, self._index.known)
        return next((reading.town for reading in found if reading.town), "")

    def find(self, address: str, *, town: str = "", name: str = "") -> tuple[Candidate, ...]:
        """
        Look an address up: one candidate is the answer, several are ambiguous, none is unknown.

        Parameters
        ----------
        address
            As 清城区源潭镇青龙村委会青龙小学旁12号.
        town
            Code or name of the town that the table states; a place must lie in it.
        name
            Name of the venue: the place of the same name near the address is more precise.
        """
        stated = self.stated_town(town)
        if stated is None:
            return ()
        plain, title = normalise(address), normalise(name)
        for towns in (self._index.towns, self._index.town_stems):
            for reading in readings(plain, towns, self._index.known):
                wanted = frozenset(code for code in (stated, reading.town) if code)
                if found := self._read(reading, wanted, title):
                    return found
        return ()

    def _read(self, reading: Reading, wanted: frozenset[str], title: str) -> tuple[Candidate, ...]:
        """Return what the most precise rule that finds one place finds, else the first."""
        ambiguous: tuple[Candidate, ...] = ()
        for found in self._levels(reading, wanted, title):
            places = merged(place for place in found.places if place.agrees(wanted))
            if not places:
                continue
            candidates = tuple(self._candidate(place, found.rule, bool(wanted)) for place in places)
            if len(places) == 1:
                return candidates
            ambiguous = ambiguous or candidates
        return ambiguous

    def _levels(self, reading: Reading, wanted: frozenset[str], title: str) -> Iterator[_Found]:
        """Yield what the parts of an address mean, the most precise first."""
        village, rest = self._village(reading.rest, wanted)

        def near(places: Iterable[Place]) -> list[Place]:
            return [
                p for p in places if not village.places or p.within(VILLAGE_METRES, village.places)
            ]

        if match := DOOR.match(rest):
            yield _Found("door", near(self._index.doors.get(f"{match[1]}{match[2]}号", ())))
        texts = dict.fromkeys((rest, reading.rest, reading.whole))
        yield _Found("spot", near(p for text in texts for p in beginning(text, self._index.spots)))
        if title and wanted:
            yield _Found("name", near(self._index.spots.get(title, ())))
        yield _Found("settlement", near(beginning(rest, self._index.settlements)))
        yield village
        if reading.town and not village.places and _says_no_more(rest):
            yield _Found("town", [self._index.centres[reading.town]])

    def _village(self, rest: str, wanted: frozenset[str]) -> tuple[_Found, str]:
        """Return the villages that a text begins with, and what follows."""
        for length in range(min(len(rest), SPELLING_MOST), 1, -1):
            spelling, after = rest[:length], rest[length:]
            if spelling in self._index.villages and ends_name(spelling, after):
                rule, places = self._kinds(spelling, wanted)
                if places:
                    return _Found(rule, places), after.lstrip(" ")
        return _Found("inside", self._inside(rest, wanted)), rest

    def _kinds(self, spelling: str, wanted: frozenset[str]) -> tuple[str, list[Place]]:
        """Return the places of the right kind; without a town also others elsewhere."""
        found = [(r, place) for r, place in self._index.villages[spelling] if place.agrees(wanted)]
        right = [place for is_right, place in found if is_right]
        if not right:
            return "kind", [place for _, place in found]
        covered = {place.town for place in right}
        return "village", right + [p for r, p in found if not r and p.town not in covered]

    def _inside(self, rest: str, wanted: frozenset[str]) -> list[Place]:
        """Return the villages whose whole name stands after a road, a number or a bracket."""
        if not wanted:
            return []
        for at in range(1, len(rest)):
            if rest[at - 1] not in BETWEEN:
                continue
            for length in range(min(len(rest) - at, SPELLING_MOST), SPOT_CHARACTERS, -1):
                spelling = rest[at : at + length]
                if spelling in self._index.villages and spelling.endswith(COMMITTEE_WORDS):
                    return [p for right, p in self._index.villages[spelling] if right]
        return []

    def _candidate(
        self, place: Place, rule: str, town: bool, score: float | None = None
    ) -> Candidate:
        if score is None:
            score = 1.0 - 0.1 * (not town) - 0.1 * (rule in ("kind", "inside"))
        spot = (place.name, place.lon, place.lat, place.town, place.grade, place.source)
        return Candidate(*spot, RULES[rule], round(score, 3))

    def similar(self, address: str, *, town: str = "") -> tuple[Candidate, ...]:
        """
        Return what an address may have meant, likeliest first: a hint, never an answer.

        The same names outside the stated town, then names written alike (沙田村, 砂田村).
        """
        stated = self.stated_town(town) or self.address_town(address)
        plain = normalise(address)
        found: dict[Place, tuple[float, str]] = {}
        for reading in readings(plain, self._index.towns, self._index.known):
            for level in self._levels(reading, frozenset(), ""):
                found.update({p: (1.0, "elsewhere") for p in level.places if level.rule != "town"})
            for text in {stem(reading.rest), reading.rest.partition(" ")[0]}:
                for score, place in self._alike(text):
                    bonus = 0.2 * (bool(stated) and place.agrees(frozenset({stated})))
                    found.setdefault(place, (min(score + bonus, 0.99), "alike"))
        order = sorted(found, key=lambda place: (-found[place][0], place.town, place.name))
        return tuple(
            self._candidate(place, found[place][1], False, found[place][0])
            for place in order[:SHOWN]
        )

    def _alike(self, text: str) -> Iterator[tuple[float, Place]]:
        matcher = SequenceMatcher(None, b=text, autojunk=False)
        shared = Counter(known for char in set(text) for known in self._index.stems_with(char))
        for known, count in shared.items():
            if 2 * count < LIKENESS * (len(known) + len(text)):
                continue
            matcher.set_seq1(known)
            if (ratio := matcher.ratio()) >= LIKENESS:
                yield from ((ratio, place) for place in self._index.stems[known])

    def shown(self, candidates: Iterable[Candidate]) -> str:
        """Return candidates as one text: 名称(镇街 经度,纬度 等级), joined by ；."""
        texts = []
        for c in candidates:
            where = f"{self._index.names.get(c.town, '')} {c.lon:.6f},{c.lat:.6f} {c.grade}".strip()
            texts.append(f"{c.name}({where})")
        return "；".join(texts)


def _says_no_more(rest: str) -> bool:
    """Tell whether an address names nothing below the town but its office."""
    office = next((word for word in OFFICES if rest.startswith(word)), "")
    return TAIL.fullmatch(rest.removeprefix(office)) is not None
