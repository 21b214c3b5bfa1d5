"""Every fault of the zoo, in the order of its families."""

from __future__ import annotations

from . import coordinates, network, tables
from .kinds import FAULTS

__all__ = ["FAULTS", "coordinates", "network", "tables"]
