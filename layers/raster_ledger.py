"""What became of the people of a raster: read, divided among towns, made whole; nobody is lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .ledger import Ledger

OPEN_SHARE = 1e-9
"""Sums of people that differ by more are not the same people."""


@dataclass
class RasterLedger(Ledger):
    """
    What became of the people of one raster.

    Rows are the populated parts (cell or block in a town); `ignored` those that rounding leaves
    without a person. People are whole.

    Parameters
    ----------
    kind, year, crs, cell, block
        What the raster was declared to be, and what it says: width and height of a cell in the
        units of its reference system, cells of a block along each side.
    cells, not_numbers
        How many cells were read, and how many were not a number.
    window_people, outside_people
        People in the cells that the district's bounding box touches, and those of them outside all
        towns; floats.
    towns
        Index town code: `name`; `raster`, people by cells and shares; `parts`, the same by parts
        (both floats); `people`, whole; `residual`, people - raster; `places`; `uncovered` and
        `no_data`, shares of the area.
    control
        From `controlled_totals`, if there were official totals.
    """

    kind: str = ""
    year: int = 0
    crs: str = ""
    cell: tuple[float, float] = (0.0, 0.0)
    block: int = 1
    cells: int = 0
    not_numbers: int = 0
    window_people: float = 0.0
    outside_people: float = 0.0
    towns: pd.DataFrame = field(default_factory=pd.DataFrame)
    control: pd.DataFrame | None = None

    def balance(self) -> None:
        """
        Check that no person was lost or doubled, in any town and in all.

        Raises
        ------
        RuntimeError
            One was: a fault of the program, not of the raster.
        """
        super().balance()
        raster, parts = (self.towns[name].to_numpy(float) for name in ("raster", "parts"))
        everyone = raster.sum() + self.outside_people
        closed = np.abs(raster - parts) <= OPEN_SHARE * raster
        if not closed.all() or abs(everyone - self.window_people) > OPEN_SHARE * self.window_people:
            raise RuntimeError(f"{self.file}: {self.window_people} people read, {everyone} divided")
        if self.towns["people"].sum() != self.people_ok:
            raise RuntimeError(f"{self.file}: {self.people_ok} people in places, not in towns")

    def summary(self) -> dict[str, Any]:
        """Return what the passport of an output says about the raster, ready for JSON."""
        report = None if self.control is None else self.control.astype(object)
        return {
            **super().summary(),
            "kind": self.kind,
            "year": self.year,
            "crs": self.crs,
            "cell": list(self.cell),
            "block": self.block,
            "cells": self.cells,
            "not_numbers": self.not_numbers,
            "window_people": self.window_people,
            "outside_people": self.outside_people,
            "towns": self.towns.to_dict("index"),
            "control": None if report is None else report.where(report.notna(), None).T.to_dict(),
        }
