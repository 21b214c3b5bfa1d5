"""
How much a venue counts that is so many minutes away: 1 at the door, 0 where it cannot be reached.

Every decay is called with ticks (tenths of a second) and answers weights from 0 to 1. None rises
with time, and thresholds are those of `times.within`: the threshold itself is in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from ..geo.errors import Fault, StudyError
from ..geo.network import TICKS_A_MINUTE
from ..geo.routing import UNREACHED, Ticks
from .times import within

Floats = npt.NDArray[np.float64]
TickTable = Ticks | npt.NDArray[np.uint16]
"""Whole ticks in 32 or in 16 bits; the largest number of the type says unreached."""

LEAST_WEIGHT = 1e-12
"""Smaller weights are 0: a supply must not be divided by next to nobody."""
MANY = 200_000
TABLED = 120 * TICKS_A_MINUTE
"""Of so many times the weights are looked up, for those within two hours."""
MOST = 1e6
"""No parameter reaches it: two years in minutes."""


def widened(ticks: TickTable) -> Ticks:
    """Return times in 32 bits; 16 bits have another number for the unreached."""
    if ticks.dtype == np.uint32:
        return ticks.view(np.uint32)
    times = ticks.astype(np.uint32)
    times[ticks == np.iinfo(np.uint16).max] = UNREACHED
    return times


@dataclass(frozen=True, kw_only=True)
class Decay(ABC):
    """
    A weight by travel time.

    Parameters
    ----------
    limit_minutes
        Beyond it the weight is 0 whatever the formula says, inclusive; None for no limit.

    Raises
    ------
    StudyError
        A parameter is not a number above zero and below `MOST`.
    """

    limit_minutes: float | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are not numbers above zero."""
        for field in fields(self):
            value = getattr(self, field.name)
            for number in np.ravel(np.asarray([] if value is None else value, float)):
                self._require(field.name, value, sound=bool(0 < number < MOST))

    def _require(self, name: str, value: object, *, sound: bool) -> None:
        if not sound:
            facts = {"decay": type(self).__name__, "parameter": name, "number": value}
            raise StudyError(Fault("E-DECAY", facts=facts))

    @abstractmethod
    def _falls(self, ticks: Ticks) -> Floats:
        """Return the weights of times that are reached; what it says of others is not read."""

    def __call__(self, ticks: TickTable) -> Floats:
        """
        Return the weights of times, same shape, 0 to 1, never nan; 0 where unreached.

        Parameters
        ----------
        ticks
            Tenths of a second, the largest number of its type where unreached.
        """
        times = widened(ticks)
        if times.size < MANY:
            return self._weights(times)
        weights = self._table[np.minimum(times, np.uint32(TABLED + 1))]
        farther = (times > TABLED) & (times != UNREACHED)
        if farther.any():
            weights[farther] = self._weights(times[farther])
        return weights

    @cached_property
    def _table(self) -> Floats:
        """Weights of the whole ticks up to `TABLED`, and 0 for those that are not reached."""
        return np.append(self._weights(np.arange(TABLED + 1, dtype=np.uint32)), 0.0)

    def _weights(self, times: Ticks) -> Floats:
        counts = times != UNREACHED
        if self.limit_minutes is not None:
            counts &= within(times, self.limit_minutes)
        weights = self._falls(times)
        return np.where(counts & (weights >= LEAST_WEIGHT), weights, 0.0)


def _minutes(ticks: Ticks) -> Floats:
    return np.asarray(ticks / TICKS_A_MINUTE, np.float64)


@dataclass(frozen=True)
class Step(Decay):
    """1 up to `minutes`, inclusive, 0 beyond: cumulative opportunities, 2SFCA."""

    minutes: float

    def _falls(self, ticks: Ticks) -> Floats:
        return within(ticks, self.minutes).astype(float)


@dataclass(frozen=True)
class Stepped(Decay):
    """
    Weights of zones, E2SFCA: the first zone whose end a time is within gives the weight.

    Parameters
    ----------
    ends_minutes
        Ends of the zones, ascending, inclusive; 0 beyond the last.
    zone_weights
        Weight of each zone, above 0 to 1, never rising.
    """

    ends_minutes: tuple[float, ...]
    zone_weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse zones that do not follow each other, or count more the farther they are."""
        super().__post_init__()
        ends, weights = self.ends_minutes, self.zone_weights
        rising = all(near < far for near, far in pairwise(ends))
        self._require("ends_minutes", ends, sound=rising and len(ends) > 0)
        falling = all(near >= far for near, far in pairwise((1.0, *weights)))
        self._require("zone_weights", weights, sound=falling and len(weights) == len(ends))

    def _falls(self, ticks: Ticks) -> Floats:
        weights = np.zeros(ticks.shape)
        for end, weight in zip(self.ends_minutes[::-1], self.zone_weights[::-1], strict=True):
            weights[within(ticks, end)] = weight
        return weights


@dataclass(frozen=True)
class Linear(Decay):
    """1 - t / `minutes`, 0 from there on."""

    minutes: float

    def _falls(self, ticks: Ticks) -> Floats:
        return np.maximum(0.0, 1.0 - _minutes(ticks) / self.minutes)


@dataclass(frozen=True)
class Exponential(Decay):
    """exp(-rate t); Hansen's gravity in its usual modern form."""

    rate_a_minute: float

    def _falls(self, ticks: Ticks) -> Floats:
        return np.asarray(np.exp(-self.rate_a_minute * _minutes(ticks)))


@dataclass(frozen=True)
class Gaussian(Decay):
    """exp(-t² / 2 sigma²): 1 at the door, 0.61 at `sigma_minutes`, and no end."""

    sigma_minutes: float

    def _falls(self, ticks: Ticks) -> Floats:
        return np.exp(-0.5 * (_minutes(ticks) / self.sigma_minutes) ** 2)


@dataclass(frozen=True)
class GaussianWithin(Decay):
    """
    The Gaussian of Chinese Ga2SFCA studies: from 1 at the door to 0 at `minutes`.

    (exp(-t² / 2T²) - exp(-1/2)) / (1 - exp(-1/2)) up to T; not the same curve as `Gaussian`.
    """

    minutes: float

    def _falls(self, ticks: Ticks) -> Floats:
        edge = np.exp(-0.5)
        curve = np.exp(-0.5 * (_minutes(ticks) / self.minutes) ** 2)
        return np.asarray(np.maximum(0.0, (curve - edge) / (1.0 - edge)))


@dataclass(frozen=True)
class Power(Decay):
    """(t / least)^-exponent beyond `least_minutes`, 1 up to there: exponent 1 is inverse time."""

    exponent: float
    least_minutes: float = 1.0

    def _falls(self, ticks: Ticks) -> Floats:
        return np.asarray(np.maximum(_minutes(ticks) / self.least_minutes, 1.0) ** -self.exponent)


@dataclass(frozen=True)
class Logistic(Decay):
    """
    (1 + exp(-m k)) / (1 + exp((t - m) k)), k = pi / (sd √3): Bauer & Groneberg 2016.

    Parameters
    ----------
    inflection_minutes, deviation_minutes
        m, where about half is left, and sd, how slowly it falls there.
    """

    inflection_minutes: float
    deviation_minutes: float

    def _falls(self, ticks: Ticks) -> Floats:
        slope = np.pi / (self.deviation_minutes * np.sqrt(3.0))
        middle = self.inflection_minutes
        at_door = expit(middle * slope)
        return np.asarray(expit((middle - _minutes(ticks)) * slope) / at_door)


DECAYS: dict[str, type[Decay]] = {
    "step": Step,
    "stepped": Stepped,
    "linear": Linear,
    "exponential": Exponential,
    "gaussian": Gaussian,
    "gaussian_within": GaussianWithin,
    "power": Power,
    "logistic": Logistic,
}
"""Decays by the name that a study gives them."""


def potentials(minutes: float) -> dict[str, Decay]:
    """
    Return the decays of the potential for a limit, by name; `Step` gives what lies within it.

    But for the Gaussian that ends at the limit and the zones, which have their own shape, each is
    one half at half the limit, so that they differ in shape alone.
    """
    half = minutes / 2
    return {
        "gaussian_within": GaussianWithin(minutes),
        "stepped": luo_qi(minutes),
        "linear": Linear(minutes),
        "exponential": Exponential(np.log(2) / half),
        "gaussian": Gaussian(half / np.sqrt(2 * np.log(2))),
        "power": Power(1.0, half / 2),
        "logistic": Logistic(half, half / 3),
    }


LUO_QI_SHARES = (1 / 3, 2 / 3, 1.0)
LUO_QI_WEIGHTS = (1.0, 0.68, 0.22)
"""Zones and weights of E2SFCA: 10, 20 and 30 minutes of a catchment of 30 (Luo & Qi 2009)."""


def luo_qi(minutes: float) -> Stepped:
    """Return the zones of E2SFCA scaled to a catchment of `minutes`."""
    return Stepped(tuple(minutes * share for share in LUO_QI_SHARES), LUO_QI_WEIGHTS)
