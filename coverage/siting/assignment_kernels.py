"""
Whole customers to sites with room: knapsacks of all sites, and a search for plans.

They call each other only inside this file, so that numba sees every change. Of n customers and m
sites `cost` (n, m) and `size` (n,) are whole; every site has the same room.
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel

SWAPS, MOVES = 0.4, 0.1
"""Shares of the steps that swap two customers, and that move a site."""
NEAREST = 12
"""A site moves to one of so many nearest to one of its customers."""


@kernel
def fill(profit: Array, size: Array, room: Int) -> Array:
    """Return the best profit of the first i customers by room, shape (n + 1, room + 1)."""
    n = len(size)
    table = np.zeros((n + 1, room + 1))
    for i in range(n):
        for r in range(room + 1):
            table[i + 1, r] = table[i, r]
            if profit[i] > 0 and r >= size[i]:
                with_it = table[i, r - size[i]] + profit[i]
                if with_it > table[i + 1, r]:
                    table[i + 1, r] = with_it
    return table


@kernel
def knapsacks(cost: Array, size: Array, room: Int, price: Array) -> tuple[Array, Array]:
    """Return what each site is worth at these prices, shape (m,), and whom it serves, (n, m)."""
    n, m = cost.shape
    worth, served = np.zeros(m), np.zeros((n, m), np.bool_)
    for j in range(m):
        profit = price - cost[:, j]
        table = fill(profit, size, room)
        worth[j] = table[n, room]
        left = room
        for i in range(n - 1, -1, -1):
            if table[i + 1, left] > table[i, left]:
                served[i, j] = True
                left -= size[i]
    return worth, served


@kernel
def forced(cost: Array, size: Array, room: Int, price: Array) -> Array:
    """Return what each site is worth if it must serve a customer, shape (n, m)."""
    n, m = cost.shape
    worth = np.full((n, m), -np.inf)
    for j in range(m):
        profit = price - cost[:, j]
        ahead = fill(profit, size, room)
        behind = fill(profit[::-1], size[::-1], room)
        for i in range(n):
            spare = room - size[i]
            if spare < 0:
                continue
            best = 0.0
            for r in range(spare + 1):
                both = ahead[i, r] + behind[n - 1 - i, spare - r]
                best = max(best, both)
            worth[i, j] = best + profit[i]
    return worth


@kernel
def _to_nearest(cost: Array, open_sites: Array) -> Array:
    """Send each customer to the nearest open site, by its number among the open ones."""
    to = np.zeros(len(cost), np.int64)
    for i in range(len(cost)):
        for k in range(len(open_sites)):
            if cost[i, open_sites[k]] < cost[i, open_sites[to[i]]]:
                to[i] = k
    return to


@kernel
def _near_sites(cost: Array) -> Array:
    """Return the `NEAREST` sites of each customer, the nearest first."""
    n, m = cost.shape
    close = np.zeros((n, min(m, NEAREST)), np.int64)
    for i in range(n):
        close[i] = np.argsort(cost[i])[: min(m, NEAREST)]
    return close


@kernel
def _moved(cost: Array, to: Array, here: Int, old: Int, new: Int) -> float:
    """Return what it costs more when an open site stands elsewhere."""
    rise = 0.0
    for h in range(len(to)):
        if to[h] == here:
            rise += float(cost[h, new] - cost[h, old])
    return rise


@kernel
def _accepted(rise: float, heat: float) -> bool:
    """Tell whether a step is taken: a worse one by chance, the less the colder it is."""
    return rise <= 0 or np.random.random() < np.exp(-rise / heat)


@kernel
def anneal(
    cost: Array, size: Array, room: Int, count: Int, steps: Int, penalty: float, seed: Int
) -> Array:
    """
    Anneal shifts, swaps and moved sites; too much in a site costs `penalty` a unit.

    Returns
    -------
    int, shape (n,)
        The site of each customer in the best plan in which everybody has room; -1: none.
    """
    np.random.seed(seed)
    n, m = cost.shape
    open_sites = np.random.permutation(m)[:count]
    is_open = np.zeros(m, np.bool_)
    is_open[open_sites] = True
    to, close = _to_nearest(cost, open_sites), _near_sites(cost)
    load, total, over = np.zeros(count, np.int64), 0.0, 0
    for i in range(n):
        load[to[i]] += size[i]
        total += cost[i, open_sites[to[i]]]
    for k in range(count):
        over += max(load[k] - room, 0)
    best, found = np.inf, np.full(n, -1, np.int64)
    heat = total / n
    cool = (0.02 / max(heat, 0.03)) ** (1.0 / steps)
    for _ in range(steps):
        heat *= cool
        draw = np.random.random()
        i = np.random.randint(n)
        here = to[i]
        if draw < MOVES:
            site = close[i, np.random.randint(close.shape[1])]
            if is_open[site]:
                continue
            rise = _moved(cost, to, here, open_sites[here], site)
            if _accepted(rise, heat):
                is_open[open_sites[here]] = False
                is_open[site] = True
                open_sites[here] = site
                total += rise
        else:
            swap = draw < MOVES + SWAPS
            h = np.random.randint(n) if swap else -1
            there = to[h] if swap else np.random.randint(count)
            if there == here:
                continue
            rise = float(cost[i, open_sites[there]] - cost[i, open_sites[here]])
            shift = size[i]
            if swap:
                rise += cost[h, open_sites[here]] - cost[h, open_sites[there]]
                shift -= size[h]
            more = max(load[here] - shift - room, 0) + max(load[there] + shift - room, 0)
            more -= max(load[here] - room, 0) + max(load[there] - room, 0)
            if _accepted(rise + penalty * more, heat):
                to[i] = there
                if swap:
                    to[h] = here
                load[here] -= shift
                load[there] += shift
                over += more
                total += rise
        if over == 0 and total < best:
            best = total
            found = open_sites[to]
    return found
