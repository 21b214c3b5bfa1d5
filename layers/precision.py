"""How far a point may be off by its grade: `data/precision.csv`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def precision_metres() -> dict[str, float]:
    """Read the metres of each grade, A to E, and of points without one ("")."""
    root = files(__package__.rpartition(".")[0])
    lines = (root / "data" / "precision.csv").read_text("utf-8-sig").splitlines()
    return {row["grade"]: float(row["metres"]) for row in csv.DictReader(lines)}
