"""
Make the illustrative study of 清远市清城区: towns, places, venues and roads, and the study file.

Facts stand in `divisions.csv` and `town_facts.csv`; what is not public is made here, by seeded
generators, and bears 示意 wherever it is shown. `README.md` says column by column which is which.

Run as `python data/boundaries/make_illustrative.py [--out DIR]`; two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from random import Random

import illustrative_network as network
from illustrative_files import STUDY, write_demand, write_towns, write_venues
from illustrative_ground import Ground
from illustrative_places import place_points, populate, read_places, settle
from illustrative_trunks import draw
from illustrative_venues import make
from shapely import unary_union

HERE = Path(__file__).parent
SEED = 441802


def stream(name: str) -> Random:
    """Return the generator of a part of the script; it depends on the seed and the name alone."""
    return Random(f"{SEED} {name}")


def main() -> None:
    """Make everything and write it to the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with (HERE / "town_facts.csv").open(encoding="utf-8-sig", newline="") as file:
        towns = sorted(csv.DictReader(file), key=lambda row: row["code"])
    names = {town["code"]: town["name"] for town in towns}

    ground = Ground(stream("ground"))
    trunks = draw(ground, stream("trunks"))
    places = read_places(HERE)
    barriers = [line.shape for line in (*trunks.motorways, *trunks.ramps, *trunks.railways)]
    settle(places, ground, unary_union(barriers), stream("settle"))
    lines = network.build(ground, places, trunks, stream)
    roads = [line for line in lines if "highway" in line.tags]
    drivable = network.drivable(roads)
    place_points(places, ground, roads, drivable, stream("points"))
    populate(places, HERE, stream("people"))
    venues = make(places, ground, drivable, names, stream("venues"))

    write_towns(out / "towns.geojson", ground.towns, towns)
    write_demand(out / "demand.csv", places, names)
    write_venues(out / "venues.csv", venues)
    (out / "study.toml").write_text(STUDY, encoding="utf-8", newline="\n")
    lines += network.water_lines(ground, stream("water"))
    nodes, ways = network.write_pbf(out / "roads.osm.pbf", lines)
    print(f"{len(towns)} towns, {len(places)} places, {sum(p.people for p in places)} people")
    print(f"{len(venues)} venues, {nodes} nodes, {ways} ways, written to {out}")


if __name__ == "__main__":
    main()
