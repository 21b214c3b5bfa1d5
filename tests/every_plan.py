"""All plans of so many sites, which tests of optimisers try one by one."""

from __future__ import annotations

import itertools

import numpy as np

from kepu.coverage.siting.answers import Sites


def plans(sites: int, count: int, *, exactly: bool = False) -> list[Sites]:
    """List the plans of at most `count` of the sites, or of just so many."""
    sizes = [count] if exactly else range(count + 1)
    return [np.array(p, np.int64) for n in sizes for p in itertools.combinations(range(sites), n)]
