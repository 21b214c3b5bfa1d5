"""Every fault of the zoo, in the order of its families."""

from __future__ import annotations

from . import books, coordinates, declared, network, tables
from .kinds import FAULTS

__all__ = ["FAULTS", "books", "coordinates", "declared", "network", "tables"]
