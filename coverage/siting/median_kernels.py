"""
Kernels of the p-median: swaps on sorted neighbour lists, random kicks, and the Lagrangian bound.

They call each other only inside this file, so that numba sees every change. Of each place the
candidates nearer than its `cap` (what it has without a plan) stand in ascending order of time:
`first`, `site`, `time`. `dense` holds the same times by candidate. `near` and `second` are where
the nearest two open ones stand in the list of a place, its end where there are none. Of a swap, the
profit is gain[in] - loss[out] + extra[out, in] (Resende & Werneck 2007).
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel

HUGE = 1e300
DEFLECT, PATIENCE, SHRINK = 0.7, 20, 0.8


@kernel
def book(first: Array, site: Array, time: Array, cap: Array, weight: Array, slot: Array,
         near: Array, second: Array, gain: Array, loss: Array, extra: Array, i: Int,
         sign: Int) -> None:  # fmt: skip
    """Enter what place `i` adds to gains and losses, or take it out (`sign` -1)."""
    a, b, end = near[i], second[i], first[i + 1]
    w = sign * weight[i]
    d1 = time[a] if a < end else cap[i]
    d2 = time[b] if b < end else cap[i]
    r = slot[site[a]] if a < end else -1
    for k in range(first[i], a):
        gain[site[k]] += w * (d1 - time[k])
        if r >= 0:
            extra[r, site[k]] += w * (d2 - d1)
    if r >= 0:
        loss[r] += w * (d2 - d1)
        for k in range(a + 1, b):
            extra[r, site[k]] += w * (d2 - time[k])


@kernel
def look_up(first: Array, site: Array, slot: Array, near: Array, second: Array, i: Int) -> None:
    """Find the nearest two open candidates of place `i`."""
    k, end = first[i], first[i + 1]
    while k < end and slot[site[k]] < 0:
        k += 1
    near[i] = k
    k += 1
    while k < end and slot[site[k]] < 0:
        k += 1
    second[i] = min(k, end)


@kernel
def change(first: Array, site: Array, time: Array, cap: Array, dense: Array, weight: Array,
           slot: Array, near: Array, second: Array, gain: Array, loss: Array, extra: Array,
           into: Int, out: Int, place: Int, hit: Array) -> None:  # fmt: skip
    """Open `into` in the slot `place`, close `out`; either candidate may be -1, for none."""
    for i in range(len(weight)):
        a, b, end = near[i], second[i], first[i + 1]
        hit[i] = out >= 0 and ((a < end and site[a] == out) or (b < end and site[b] == out))
        if into >= 0 and not hit[i]:
            hit[i] = dense[into, i] <= (time[b] if b < end else cap[i] - 1)
        if hit[i]:
            book(first, site, time, cap, weight, slot, near, second, gain, loss, extra, i, -1)
    if out >= 0:
        slot[out] = -1
    if into >= 0:
        slot[into] = place
    for i in range(len(weight)):
        if hit[i]:
            look_up(first, site, slot, near, second, i)
            book(first, site, time, cap, weight, slot, near, second, gain, loss, extra, i, 1)


@kernel
def swap_median(first: Array, site: Array, time: Array, cap: Array, dense: Array, weight: Array,
                state: Array, number: Int, kicks: Int, seed: Int) -> Int:  # fmt: skip
    """
    Fill a plan up to `number` sites by greed, swap to a local best, kick it `kicks` times.

    `state` (int8: 0 closed, 1 open, 2 open for good, 3 closed for good) is changed to the best
    plan; its cost is returned.
    """
    np.random.seed(seed)
    n, m = len(weight), len(state)
    slot, opens = np.full(m, -1, np.int64), np.full(number, -1, np.int64)
    near, second = first[:-1].copy(), first[:-1].copy()
    gain, loss = np.zeros(m, np.int64), np.zeros(number, np.int64)
    extra, hit = np.zeros((number, m), np.int64), np.zeros(n, np.bool_)
    opened = 0
    for j in range(m):
        if (state[j] == 1 or state[j] == 2) and opened < number:
            slot[j], opens[opened] = opened, j
            opened += 1
    for i in range(n):
        look_up(first, site, slot, near, second, i)
        book(first, site, time, cap, weight, slot, near, second, gain, loss, extra, i, 1)
    while opened < number:
        top = -1
        for j in range(m):
            if state[j] == 0 and (top < 0 or gain[j] > gain[top]):
                top = j
        if top < 0:
            break
        change(first, site, time, cap, dense, weight, slot, near, second, gain, loss, extra,
               top, -1, opened, hit)  # fmt: skip
        state[top], opens[opened] = 1, top
        opened += 1
    best, kept = np.int64(-1), opens.copy()
    for kick in range(kicks + 1):
        while True:
            profit, into, place = 0, -1, -1
            for r in range(opened):
                if state[opens[r]] != 1:
                    continue
                for j in range(m):
                    if state[j] == 0 and gain[j] - loss[r] + extra[r, j] > profit:
                        profit, into, place = gain[j] - loss[r] + extra[r, j], j, r
            if into < 0:
                break
            out = opens[place]
            change(first, site, time, cap, dense, weight, slot, near, second, gain, loss, extra,
                   into, out, place, hit)  # fmt: skip
            state[into], state[out], opens[place] = 1, 0, into
        cost = np.int64(0)
        for i in range(n):
            cost += weight[i] * (time[near[i]] if near[i] < first[i + 1] else cap[i])
        if best < 0 or cost <= best:
            best = cost
            kept[:] = opens
        else:
            for r in range(opened):
                state[opens[r]] = state[opens[r]] if state[opens[r]] == 2 else 0
            for r in range(opened):
                state[kept[r]] = state[kept[r]] if state[kept[r]] == 2 else 1
            for r in range(opened):
                if opens[r] != kept[r] and slot[opens[r]] == r:
                    change(first, site, time, cap, dense, weight, slot, near, second, gain, loss,
                           extra, -1, opens[r], r, hit)  # fmt: skip
            for r in range(opened):
                if opens[r] != kept[r]:
                    change(first, site, time, cap, dense, weight, slot, near, second, gain, loss,
                           extra, kept[r], -1, r, hit)  # fmt: skip
                    opens[r] = kept[r]
        if kick == kicks or opened == 0:
            break
        for _ in range(1 + np.random.randint(3)):
            place = np.random.randint(opened)
            into = np.random.randint(m)
            i = np.random.randint(n)
            if first[i + 1] > first[i]:
                into = site[first[i] + np.random.randint(max(1, min(
                    second[i] - first[i], first[i + 1] - first[i])))]  # fmt: skip
                if np.random.randint(2) and near[i] < first[i + 1]:
                    place = slot[site[near[i]]]
            if state[opens[place]] == 1 and state[into] == 0:
                out = opens[place]
                change(first, site, time, cap, dense, weight, slot, near, second, gain, loss,
                       extra, into, out, place, hit)  # fmt: skip
                state[into], state[out], opens[place] = 1, 0, into
    for j in range(m):
        if state[j] == 1:
            state[j] = 0
    for r in range(opened):
        if state[kept[r]] != 2:
            state[kept[r]] = 1
    return best


@kernel
def ascend(first: Array, site: Array, time: Array, cap: Array, weight: Array, state: Array,
           number: Int, upper: Int, rounds: Int, price: Array, worth: Array,
           width: Array) -> float:  # fmt: skip
    """
    Raise the Lagrangian bound of the p-median by subgradients, and settle candidates.

    The rule that each place is served is priced with `price` (changed to the best found; `worth` is
    what each candidate is worth at it). Candidates whose other choice would bring the bound above
    `upper` - 1 become 2 or 3 in `state`. Returns the bound.
    """
    n, m = len(weight), len(state)
    push, kept = np.zeros(n), price.copy()
    rho, key = np.zeros(m), np.zeros(m)
    chosen = np.zeros(m, np.bool_)
    best, stall = -HUGE, 0
    for _ in range(rounds):
        rho[:] = 0.0
        z = 0.0
        for i in range(n):
            z += price[i]
            for k in range(first[i], first[i + 1]):
                cost = float(weight[i] * time[k])
                if cost >= price[i]:
                    break
                rho[site[k]] += cost - price[i]
        for j in range(m):
            key[j] = rho[j]
            if state[j] == 2:
                key[j] = -HUGE
            elif state[j] == 3:
                key[j] = HUGE
        order = np.argsort(key)
        for k in range(number):
            z += rho[order[k]]
        last = order[number - 1]
        after = order[number] if number < m else -1
        for k in range(m):
            j = order[k]
            if state[j] == 0 or state[j] == 1:
                if k >= number:
                    if state[last] != 2 and z - rho[last] + rho[j] > upper - 1 + 1e-6:
                        state[j] = 3
                elif after < 0 or state[after] == 3:
                    if z - rho[j] > upper - 1 + 1e-6:
                        state[j] = 2
                elif z - rho[j] + rho[after] > upper - 1 + 1e-6:
                    state[j] = 2
        if z > best + 1e-9 * abs(best):
            best, stall = z, 0
            kept[:] = price
            worth[:] = rho
        else:
            stall += 1
            if stall > PATIENCE:
                width[0] *= SHRINK
                stall = 0
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
        if norm < 1e-12 or width[0] < 1e-4 or best > upper - 1:
            break
        pace = width[0] * (1.02 * upper - z) / norm
        for i in range(n):
            price[i] = min(float(weight[i] * cap[i]), max(0.0, price[i] + pace * push[i]))
    price[:] = kept
    return best
