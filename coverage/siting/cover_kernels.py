"""
Kernels of maximal covering: greedy, swaps with random kicks, and the Lagrangian bound.

They call each other only inside this file, so that numba sees every change. Rows are people by the
candidates that cover them (`row_first`, `row_site`), and the same turned (`site_first`,
`site_row`). The state of a plan: `count` open sites that cover each row and the sum `only` of their
numbers, so that a row covered once knows by whom; `gain` of opening a site, `loss` of closing it.
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel

HUGE = 1e300
DEFLECT = 0.7
"""Weight of the earlier direction in the next (Camerini, Fratta & Maffioli 1975)."""
PATIENCE, SHRINK = 20, 0.8


@kernel
def open_site(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
              weight: Array, count: Array, only: Array, gain: Array, loss: Array,
              f: Int) -> None:  # fmt: skip
    """Open site `f` in the state."""
    for k in range(site_first[f], site_first[f + 1]):
        i = site_row[k]
        if count[i] == 0:
            for q in range(row_first[i], row_first[i + 1]):
                gain[row_site[q]] -= weight[i]
            loss[f] += weight[i]
        elif count[i] == 1:
            loss[only[i]] -= weight[i]
        count[i] += 1
        only[i] += f


@kernel
def close_site(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
               weight: Array, count: Array, only: Array, gain: Array, loss: Array,
               r: Int) -> None:  # fmt: skip
    """Close site `r` in the state."""
    for k in range(site_first[r], site_first[r + 1]):
        i = site_row[k]
        count[i] -= 1
        only[i] -= r
        if count[i] == 0:
            for q in range(row_first[i], row_first[i + 1]):
                gain[row_site[q]] += weight[i]
            loss[r] -= weight[i]
        elif count[i] == 1:
            loss[only[i]] += weight[i]


@kernel
def disturb(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
            count: Array, only: Array, stale: Array, mark: Array, f: Int) -> None:  # fmt: skip
    """Note whose best swap may have changed since `f` was opened or closed; exact, not a guess."""
    for k in range(site_first[f], site_first[f + 1]):
        i = site_row[k]
        for q in range(row_first[i], row_first[i + 1]):
            near = row_site[q]
            if mark[near]:
                continue
            mark[near] = True
            stale[near] = True
            for e in range(site_first[near], site_first[near + 1]):
                if count[site_row[e]] == 1:
                    stale[only[site_row[e]]] = True
    for k in range(site_first[f], site_first[f + 1]):
        i = site_row[k]
        for q in range(row_first[i], row_first[i + 1]):
            mark[row_site[q]] = False


@kernel
def best_swap(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
              weight: Array, count: Array, gain: Array, loss: Array, state: Array,
              extra: Array, touched: Array, stale: Array, rise: Array,
              choice: Array) -> tuple[Int, Int, Int]:  # fmt: skip
    """
    Return the best swap: profit, site to open, site to close.

    `state`: 0 closed, 1 open, 2 open for good, 3 closed for good. Beside the site of largest gain
    only those matter that cover a row which the closed site alone covers; the best of them is kept
    in `rise` and `choice` until it is `stale`.
    """
    m = len(state)
    top = -1
    for f in range(m):
        if state[f] == 0 and (top < 0 or gain[f] > gain[top]):
            top = f
    best, into, out = 0, -1, -1
    for r in range(m):
        if state[r] != 1 or top < 0:
            continue
        if gain[top] - loss[r] > best:
            best, into, out = gain[top] - loss[r], top, r
        if stale[r]:
            stale[r] = False
            number = 0
            for k in range(site_first[r], site_first[r + 1]):
                i = site_row[k]
                if count[i] == 1:
                    for q in range(row_first[i], row_first[i + 1]):
                        f = row_site[q]
                        if extra[f] == 0:
                            touched[number] = f
                            number += 1
                        extra[f] += weight[i]
            rise[r], choice[r] = -1, -1
            for t in range(number):
                f = touched[t]
                if state[f] == 0 and gain[f] + extra[f] > rise[r]:
                    rise[r], choice[r] = gain[f] + extra[f], f
                extra[f] = 0
        if choice[r] >= 0 and rise[r] - loss[r] > best:
            best, into, out = rise[r] - loss[r], choice[r], r
    return best, into, out


@kernel
def exchange(row_first: Array, row_site: Array, site_first: Array, site_row: Array, weight: Array,
             count: Array, only: Array, gain: Array, loss: Array, state: Array, stale: Array,
             mark: Array, into: Int, out: Int) -> None:  # fmt: skip
    """Open `into` and close `out`; either may be -1, for none."""
    if into >= 0:
        state[into] = 1
        open_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, into)
        disturb(row_first, row_site, site_first, site_row, count, only, stale, mark, into)
        stale[into] = True
    if out >= 0:
        state[out] = 0
        close_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, out)
        disturb(row_first, row_site, site_first, site_row, count, only, stale, mark, out)


@kernel
def started(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
            weight: Array, state: Array, count: Array, only: Array, gain: Array,
            loss: Array) -> None:  # fmt: skip
    """Fill the state of the open sites."""
    count[:] = 0
    only[:] = 0
    gain[:] = 0
    loss[:] = 0
    for i in range(len(weight)):
        for q in range(row_first[i], row_first[i + 1]):
            gain[row_site[q]] += weight[i]
    for j in range(len(state)):
        if state[j] == 1 or state[j] == 2:
            open_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, j)


@kernel
def neighbour(row_first: Array, row_site: Array, site_first: Array, site_row: Array, j: Int) -> Int:
    """Draw a site that covers a row of site `j`; itself where it covers none."""
    rows = site_first[j + 1] - site_first[j]
    if rows == 0:
        return j
    i = site_row[site_first[j] + np.random.randint(rows)]
    return row_site[row_first[i] + np.random.randint(row_first[i + 1] - row_first[i])]


@kernel
def improve(row_first: Array, row_site: Array, site_first: Array, site_row: Array,
            weight: Array, state: Array, number: Int, kicks: Int, seed: Int) -> Int:  # fmt: skip
    """
    Fill a plan up to `number` open sites by greed, swap to a local best, kick it `kicks` times.

    `state` (int8, see `best_swap`) is changed to the best plan; its value is returned.
    """
    np.random.seed(seed)
    n, m = len(weight), len(state)
    count, only = np.zeros(n, np.int32), np.zeros(n, np.int64)
    gain, loss = np.zeros(m, np.int64), np.zeros(m, np.int64)
    extra, touched = np.zeros(m, np.int64), np.zeros(m, np.int64)
    started(row_first, row_site, site_first, site_row, weight, state, count, only, gain, loss)
    opened = 0
    for j in range(m):
        opened += state[j] == 1 or state[j] == 2
    while opened < number:
        top = -1
        for f in range(m):
            if state[f] == 0 and (top < 0 or gain[f] > gain[top]):
                top = f
        if top < 0:
            break
        state[top] = 1
        opened += 1
        open_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, top)
    best, kept = -1, state.copy()
    stale, mark = np.ones(m, np.bool_), np.zeros(m, np.bool_)
    rise, choice = np.zeros(m, np.int64), np.zeros(m, np.int64)
    for kick in range(kicks + 1):
        while True:
            profit, into, out = best_swap(
                row_first, row_site, site_first, site_row, weight, count, gain, loss, state,
                extra, touched, stale, rise, choice,
            )  # fmt: skip
            if profit <= 0:
                break
            exchange(row_first, row_site, site_first, site_row, weight, count, only, gain, loss,
                     state, stale, mark, into, out)  # fmt: skip
        value = 0
        for i in range(n):
            if count[i] > 0:
                value += weight[i]
        if value >= best:
            best = value
            kept[:] = state
        else:
            for j in range(m):
                if kept[j] == 1 and state[j] == 0:
                    exchange(row_first, row_site, site_first, site_row, weight, count, only, gain,
                             loss, state, stale, mark, j, -1)  # fmt: skip
                elif state[j] == 1 and kept[j] == 0:
                    exchange(row_first, row_site, site_first, site_row, weight, count, only, gain,
                             loss, state, stale, mark, -1, j)  # fmt: skip
        free, closed = np.flatnonzero(state == 1), np.flatnonzero(state == 0)
        if kick == kicks or not len(free) or not len(closed):
            break
        out = free[np.random.randint(len(free))]
        for _ in range(1 + np.random.randint(3)):
            into = neighbour(row_first, row_site, site_first, site_row, out)
            if state[out] == 1 and into >= 0 and state[into] == 0:
                exchange(row_first, row_site, site_first, site_row, weight, count, only, gain, loss,
                         state, stale, mark, into, out)  # fmt: skip
            near = neighbour(row_first, row_site, site_first, site_row, max(into, 0))
            for e in range(site_first[near], site_first[near + 1]):
                if count[site_row[e]] == 1 and state[only[site_row[e]]] == 1:
                    out = only[site_row[e]]
                    if np.random.randint(2):
                        break
    state[:] = kept
    return best


@kernel
def descend(row_first: Array, row_site: Array, site_first: Array, site_row: Array, weight: Array,
            state: Array, number: Int, lower: Int, rounds: Int, price: Array,
            width: Array) -> float:  # fmt: skip
    """
    Lower the Lagrangian bound of maximal covering by subgradients, and settle sites.

    The rule that a covered row has an open site is priced with `price` in 0..weight (changed to the
    best found). Sites whose other choice would bring the bound below `lower` + 1 become 2 or 3 in
    `state`: no better plan has them otherwise. Returns the bound.
    """
    n, m = len(weight), len(state)
    worth, excess, push = np.zeros(m), np.zeros(n), np.zeros(n)
    key = np.zeros(m)
    best, stall = HUGE, 0
    kept = price.copy()
    for _ in range(rounds):
        worth[:] = 0.0
        z = 0.0
        for i in range(n):
            if weight[i] > price[i]:
                z += weight[i] - price[i]
            for q in range(row_first[i], row_first[i + 1]):
                worth[row_site[q]] += price[i]
        for j in range(m):
            key[j] = -worth[j]
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
            if state[j] == 0 or state[j] == 1:
                if k >= number:
                    if state[last] != 2 and z - worth[last] + worth[j] < lower + 1 - 1e-6:
                        state[j] = 3
                elif (
                    after < 0 or state[after] == 3 or z - worth[j] + worth[after] < lower + 1 - 1e-6
                ):
                    state[j] = 2
        if z < best - 1e-7 * abs(best):
            best, stall = z, 0
            kept[:] = price
        else:
            stall += 1
            if stall > PATIENCE:
                width[0] *= SHRINK
                stall = 0
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
        if norm == 0.0 or width[0] < 1e-4 or best < lower + 1:
            break
        pace = width[0] * (z - lower) / norm
        for i in range(n):
            price[i] = min(float(weight[i]), max(0.0, price[i] + pace * push[i]))
    price[:] = kept
    return best
