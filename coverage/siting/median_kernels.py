"""
Kernels of the p-median: swaps on sorted neighbour lists, and random kicks.

They call each other only inside this file, so that numba sees every change. Of each place the
candidates nearer than its `cap` (what it has without a plan) stand in ascending order of time:
`first`, `site`, `time`. `dense` holds the same times by candidate. `near` and `second` are where
the nearest two open ones stand in the list of a place, its end where there are none. Of a swap, the
profit is gain[in] - loss[out] + extra[out, in] (Resende & Werneck 2007).
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel


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
def begun(first: Array, site: Array, time: Array, cap: Array, dense: Array, weight: Array,
          slot: Array, near: Array, second: Array, gain: Array, loss: Array, extra: Array,
          hit: Array, state: Array, opens: Array, seed: Int) -> Int:  # fmt: skip
    """
    Fill the books of the open sites, and open more by greed; how many are open.

    `state` (int8): 0 closed, 1 open, 2 open for good, 3 closed for good. `opens`: the open ones.
    """
    np.random.seed(seed)
    opened = 0
    for j in range(len(state)):
        if (state[j] == 1 or state[j] == 2) and opened < len(opens):
            slot[j], opens[opened] = opened, j
            opened += 1
    for i in range(len(weight)):
        look_up(first, site, slot, near, second, i)
        book(first, site, time, cap, weight, slot, near, second, gain, loss, extra, i, 1)
    while opened < len(opens):
        top = -1
        for j in range(len(state)):
            if state[j] == 0 and (top < 0 or gain[j] > gain[top]):
                top = j
        if top < 0:
            break
        change(first, site, time, cap, dense, weight, slot, near, second, gain, loss, extra,
               top, -1, opened, hit)  # fmt: skip
        state[top], opens[opened] = 1, top
        opened += 1
    return opened


@kernel
def kick(first: Array, site: Array, time: Array, cap: Array, dense: Array, weight: Array,
         slot: Array, near: Array, second: Array, gain: Array, loss: Array, extra: Array,
         hit: Array, state: Array, opens: Array, opened: Int) -> None:  # fmt: skip
    """Swap up to three sites at random, near each other or not."""
    for _ in range(1 + np.random.randint(3)):
        place = np.random.randint(opened)
        into = np.random.randint(len(state))
        i = np.random.randint(len(weight))
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


@kernel
def climb(first: Array, site: Array, time: Array, cap: Array, dense: Array, weight: Array,
          slot: Array, near: Array, second: Array, gain: Array, loss: Array, extra: Array,
          hit: Array, state: Array, opens: Array, opened: Int, kept: Array, best: Array,
          kicks: Int) -> None:  # fmt: skip
    """
    Swap to a local best, then kick it and swap again `kicks` times; go back where that is worse.

    The first call, with `best` (one number) below 0, only swaps. `kept`: the best open sites.
    """
    for _ in range(kicks):
        if best[0] >= 0:
            kick(first, site, time, cap, dense, weight, slot, near, second, gain, loss, extra, hit,
                 state, opens, opened)  # fmt: skip
        while True:
            profit, into, place = 0, -1, -1
            for r in range(opened):
                if state[opens[r]] != 1:
                    continue
                for j in range(len(state)):
                    if state[j] == 0 and gain[j] - loss[r] + extra[r, j] > profit:
                        profit, into, place = gain[j] - loss[r] + extra[r, j], j, r
            if into < 0:
                break
            out = opens[place]
            change(first, site, time, cap, dense, weight, slot, near, second, gain, loss, extra,
                   into, out, place, hit)  # fmt: skip
            state[into], state[out], opens[place] = 1, 0, into
        cost = np.int64(0)
        for i in range(len(weight)):
            cost += weight[i] * (time[near[i]] if near[i] < first[i + 1] else cap[i])
        if best[0] < 0 or cost <= best[0]:
            best[0] = cost
            for j in range(len(opens)):  # a slice assigned takes seconds to compile
                kept[j] = opens[j]
            continue
        for r in range(opened):
            if state[opens[r]] == 1:
                state[opens[r]] = 0
        for r in range(opened):
            if state[kept[r]] == 0:
                state[kept[r]] = 1
        for r in range(opened):
            if opens[r] != kept[r] and slot[opens[r]] == r:
                change(first, site, time, cap, dense, weight, slot, near, second, gain, loss,
                       extra, -1, opens[r], r, hit)  # fmt: skip
        for r in range(opened):
            if opens[r] != kept[r]:
                change(first, site, time, cap, dense, weight, slot, near, second, gain, loss,
                       extra, kept[r], -1, r, hit)  # fmt: skip
                opens[r] = kept[r]
