"""
Lagrangian bounds by subgradients: of maximal covering, and of the p-median.

They call each other only inside this file, so that numba sees every change. A bound is raised in as
many calls as one likes, with the same answer: what goes from step to step is in `price`, `push`
(the direction) and `track` (the best bound so far, steps without a better one, width of a step).
`kept` and `worth` are the prices of the best bound and what each site adds to it. Both are lower
bounds; that of a covering is one on minus the people covered.
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel

HUGE = 1e300
DEFLECT = 0.7
"""Weight of the earlier direction in the next (Camerini, Fratta & Maffioli 1975)."""
PATIENCE, SHRINK = 20, 0.8
BEST, STALL, WIDTH = 0, 1, 2
"""Places in `track`."""
SETTLED = 2
"""States of candidates from here on: always, never."""
NARROW = 1e-4
"""A step of this width no longer moves anything."""


@kernel
def settle(worth: Array, state: Array, number: Int, z: float, goal: float) -> tuple[float, Array]:
    """
    Open the `number` sites that add least to a bound, and settle the others.

    Parameters
    ----------
    state
        0 or 1 not settled, 2 open for good, 3 closed for good; changed where the other choice would
        bring the bound above `goal`: no better plan has it.
    z
        The bound without sites.

    Returns
    -------
    float
        The bound.
    int, shape (m,)
        The sites by what they add; the first `number` are open.
    """
    m = len(state)
    key = worth.copy()
    for j in range(m):
        if state[j] == 2:
            key[j] = -HUGE
        elif state[j] == 3:
            key[j] = HUGE
    order = np.argsort(key)
    for k in range(number):
        z += worth[order[k]]
    last = order[number - 1]
    after = order[number] if number < m else -1
    for k in range(m):
        j = order[k]
        if state[j] >= 2:
            continue
        if k >= number:
            if state[last] != 2 and z - worth[last] + worth[j] > goal:
                state[j] = 3
        else:
            instead = worth[after] if after >= 0 and state[after] != 3 else 0.0
            if z - worth[j] + instead > goal:
                state[j] = 2
    return z, order


@kernel
def noted(z: float, track: Array, price: Array, kept: Array, rho: Array, worth: Array) -> None:
    """Keep the prices of the best bound; after many steps without a better one step shorter."""
    if z > track[BEST] + 1e-9 * abs(track[BEST]):
        track[BEST], track[STALL] = z, 0
        for i in range(len(price)):  # a slice assigned takes seconds to compile
            kept[i] = price[i]
        for j in range(len(rho)):
            worth[j] = rho[j]
        return
    track[STALL] += 1
    if track[STALL] > PATIENCE:
        track[WIDTH] *= SHRINK
        track[STALL] = 0


@kernel
def bound_cover(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
                weight: Array, state: Array, number: Int, lower: Int, steps: Int, price: Array,
                kept: Array, push: Array, worth: Array, track: Array) -> bool:  # fmt: skip
    """
    Raise the bound of maximal covering by some steps; whether it came to its end.

    The rule that a covered row has an open site is priced with 0..weight. `lower`: people covered
    by the best plan.
    """
    n, m = len(weight), len(state)
    goal = -float(lower) - 1 + 1e-6
    rho, excess = np.zeros(m), np.zeros(n)
    for _ in range(steps):
        rho[:] = 0.0
        z = 0.0
        for i in range(n):
            if weight[i] > price[i]:
                z -= weight[i] - price[i]
            for q in range(row_first[i], row_first[i + 1]):
                rho[row_site[q]] -= price[i]
        z, order = settle(rho, state, number, z, goal)
        noted(z, track, price, kept, rho, worth)
        excess[:] = 0.0
        for k in range(number):
            j = order[k]
            for e in range(site_first[j], site_first[j + 1]):
                excess[site_row[e]] += 1.0
        norm = 0.0
        for i in range(n):
            g = (1.0 if weight[i] > price[i] else 0.0) - excess[i]
            if (price[i] <= 0.0 and g < 0.0) or (price[i] >= weight[i] and g > 0.0):
                g = 0.0
            push[i] = DEFLECT * push[i] + (1.0 - DEFLECT) * g
            norm += push[i] * push[i]
        if norm == 0.0 or track[WIDTH] < NARROW or track[BEST] > goal:
            return True
        pace = track[WIDTH] * (-z - lower) / norm
        for i in range(n):
            price[i] = min(float(weight[i]), max(0.0, price[i] + pace * push[i]))
    return False


@kernel
def bound_median(first: Array, site: Array, time: Array, cap: Array, weight: Array, state: Array,
                 number: Int, upper: Int, few: Int, steps: Int, price: Array, kept: Array,
                 push: Array, worth: Array, track: Array) -> bool:  # fmt: skip
    """
    Raise the bound of the p-median by some steps; whether it came to its end.

    The rule that each place is served is priced. Of each place the candidates nearer than its `cap`
    stand in ascending order of time: `first`, `site`, `time`. `upper`: cost of the best plan. The
    end is also that no more than `few` candidates are unsettled.
    """
    n, m = len(weight), len(state)
    goal = float(upper) - 1 + 1e-6
    rho, chosen = np.zeros(m), np.zeros(m, np.bool_)
    for _ in range(steps):
        rho[:] = 0.0
        z = 0.0
        for i in range(n):
            z += price[i]
            for k in range(first[i], first[i + 1]):
                cost = float(weight[i] * time[k])
                if cost >= price[i]:
                    break
                rho[site[k]] += cost - price[i]
        z, order = settle(rho, state, number, z, goal)
        noted(z, track, price, kept, rho, worth)
        if (state < SETTLED).sum() <= few:
            return True
        chosen[:] = False
        for k in range(number):
            chosen[order[k]] = True
        norm = 0.0
        for i in range(n):
            g = 1.0
            for k in range(first[i], first[i + 1]):
                if float(weight[i] * time[k]) >= price[i]:
                    break
                if chosen[site[k]]:
                    g -= 1.0
            if g > 0.0 and price[i] >= float(weight[i] * cap[i]):
                g = 0.0
            push[i] = DEFLECT * push[i] + (1.0 - DEFLECT) * g
            norm += push[i] * push[i]
        if norm < 1e-12 or track[WIDTH] < NARROW or track[BEST] > goal:
            return True
        pace = track[WIDTH] * (1.02 * upper - z) / norm
        for i in range(n):
            price[i] = min(float(weight[i] * cap[i]), max(0.0, price[i] + pace * push[i]))
    return False
