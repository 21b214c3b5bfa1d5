"""What an optimiser says: a plan with its status, its bound and its time; and how it is watched."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

import numpy as np
import numpy.typing as npt

Status = Literal["optimal", "within", "heuristic", "infeasible"]
Sites = npt.NDArray[np.int64]
SAME = 1e-9
"""Relative difference below which two sums of floating point are the same."""

PART_SECONDS = 0.2
"""A kernel is let alone for about so long."""


@dataclass(frozen=True, eq=False)
class Answer:
    """
    A plan and how good it is known to be.

    Parameters
    ----------
    sites
        Numbers of the candidates that are open, ascending; none if nothing was found.
    value
        What the plan is worth, reckoned afresh from the sites.
    bound
        No plan is better; infinite where nothing was proved.
    status
        `optimal`: proved. `within`: at most `gap` from the best. `heuristic`: no bound.
        `infeasible`: proved that no plan keeps the rules.
    seconds
        Of wall clock.
    stopped
        `time` or `user`, where the search did not come to its end.
    """

    sites: Sites
    value: float
    bound: float
    status: Status
    seconds: float
    stopped: str = ""

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of the value; 0 only where the plan is proved."""
        if self.status == "optimal":
            return 0.0
        if not math.isfinite(self.bound) or not math.isfinite(self.value):
            return math.inf
        return abs(self.bound - self.value) / max(abs(self.value), 1.0)

    @property
    def found(self) -> bool:
        """Whether there is a plan."""
        return self.status != "infeasible" and math.isfinite(self.value)


def judged(
    sites: npt.ArrayLike, value: float, bound: float, watch: Watch, *, step: float = 0.0
) -> Answer:
    """
    Settle the status of a plan.

    Parameters
    ----------
    step
        Two different values differ by this much at least: 1 for people; 0 where it is not known.
    """
    numbers = np.unique(np.asarray(sites, np.int64))
    apart = abs(bound - value)
    if not math.isfinite(value):
        status: Status = "heuristic"
    elif apart < max(step * (1 - 1e-6), SAME * max(abs(value), 1.0)):
        status, bound = "optimal", value
    else:
        status = "within" if math.isfinite(bound) else "heuristic"
    stopped = "" if status == "optimal" else watch.why
    return Answer(numbers, value, bound, status, watch.elapsed, stopped)


def impossible(watch: Watch) -> Answer:
    """Return the answer that no plan keeps the rules."""
    return Answer(np.zeros(0, np.int64), math.nan, math.nan, "infeasible", watch.elapsed)


def unknown(value: float, watch: Watch) -> Answer:
    """Return the answer that no plan was found and none ruled out; `value`: the worst there is."""
    return Answer(np.zeros(0, np.int64), value, -value, "heuristic", watch.elapsed, watch.why)


@dataclass
class Watch:
    """
    The clock of a search, its ear for "stop", and whom it tells how far it has come.

    Parameters
    ----------
    limit
        Seconds.
    told
        Is given the best value so far and the bound; either may be infinite.
    """

    limit: float = math.inf
    told: Callable[[float, float], None] | None = None
    stop: bool = False
    begun: float = field(default_factory=monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return monotonic() - self.begun

    @property
    def left(self) -> float:
        """Seconds that remain, not below 0."""
        return max(self.limit - self.elapsed, 0.0)

    @property
    def over(self) -> bool:
        """Whether to come to an end."""
        return self.stop or self.left <= 0

    @property
    def why(self) -> str:
        """`user`, `time`, or empty while there is no reason to end."""
        return "user" if self.stop else "time" if self.left <= 0 else ""

    def tell(self, value: float, bound: float) -> None:
        """Pass on how far the search has come."""
        if self.told is not None:
            self.told(value, bound)

    def parts(self, steps: int) -> Iterator[int]:
        """
        Split steps of a kernel, which hears nothing, into parts short enough to stop between them.

        They grow until one takes about `PART_SECONDS`; none comes once it is time to end.
        """
        size, left = 1, steps
        while left > 0 and not self.over:
            part, begin = min(size, left), self.elapsed
            yield part
            left -= part
            spent = self.elapsed - begin
            if spent < PART_SECONDS / 2:
                size *= 2
            elif spent > PART_SECONDS:
                size = max(size // 2, 1)

    def part(self, seconds: float) -> Watch:
        """Return a watch for a part of the work, which ends with this one at the latest."""
        return _Part(min(seconds, self.left), self.told, whole=self)


@dataclass
class _Part(Watch):
    whole: Watch = field(default_factory=Watch)

    @property
    def over(self) -> bool:
        return self.stop or self.left <= 0 or self.whole.over

    @property
    def why(self) -> str:
        return self.whole.why or super().why
