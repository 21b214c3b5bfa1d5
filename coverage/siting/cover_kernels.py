"""
Kernels of maximal covering: greedy, and swaps with random kicks.

They call each other only inside this file, so that numba sees every change. Rows are people by the
candidates that cover them (`row_first`, `row_site`), and the same turned (`site_first`,
`site_row`). The state of a plan: `count` open sites that cover each row and the sum `only` of their
numbers, so that a row covered once knows by whom; `gain` of opening a site, `loss` of closing it.
"""

from __future__ import annotations

import numpy as np

from ...geo.compiled import Array, Int, kernel


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
                # A row of nobody would be noted as touched again and again.
                if count[i] == 1 and weight[i] > 0:
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
def begun(row_first: Array, row_site: Array, site_first: Array, site_row: Array, weight: Array,
          count: Array, only: Array, gain: Array, loss: Array, state: Array, number: Int,
          seed: Int) -> None:  # fmt: skip
    """Fill the state of the open sites, and open more by greed up to `number`."""
    np.random.seed(seed)
    for i in range(len(weight)):
        for q in range(row_first[i], row_first[i + 1]):
            gain[row_site[q]] += weight[i]
    opened = 0
    for j in range(len(state)):
        if state[j] == 1 or state[j] == 2:
            opened += 1
            open_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, j)
    while opened < number:
        top = -1
        for f in range(len(state)):
            if state[f] == 0 and (top < 0 or gain[f] > gain[top]):
                top = f
        if top < 0:
            break
        state[top] = 1
        opened += 1
        open_site(row_first, row_site, site_first, site_row, weight, count, only, gain, loss, top)


@kernel
def neighbour(row_first: Array, row_site: Array, site_first: Array, site_row: Array, j: Int) -> Int:
    """Draw a site that covers a row of site `j`; itself where it covers none."""
    rows = site_first[j + 1] - site_first[j]
    if rows == 0:
        return j
    i = site_row[site_first[j] + np.random.randint(rows)]
    return row_site[row_first[i] + np.random.randint(row_first[i + 1] - row_first[i])]


@kernel
def kick(row_first: Array, row_site: Array, site_first: Array, site_row: Array, weight: Array,
         count: Array, only: Array, gain: Array, loss: Array, state: Array, stale: Array,
         mark: Array) -> bool:  # fmt: skip
    """Swap up to three sites at random, each near the last; whether there was one to swap."""
    free, closed = np.flatnonzero(state == 1), np.flatnonzero(state == 0)
    if not len(free) or not len(closed):
        return False
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
    return True


@kernel
def climb(row_first: Array, row_site: Array, site_first: Array, site_row: Array, weight: Array,
          count: Array, only: Array, gain: Array, loss: Array, state: Array, stale: Array,
          mark: Array, extra: Array, touched: Array, rise: Array, choice: Array, kept: Array,
          best: Array, kicks: Int) -> None:  # fmt: skip
    """
    Swap to a local best, then kick it and swap again `kicks` times; go back where that is worse.

    The first call, with `best` (one number) below 0, only swaps. `kept`: the best states.
    """
    for _ in range(kicks):
        if best[0] >= 0 and not kick(row_first, row_site, site_first, site_row, weight, count, only,
                                     gain, loss, state, stale, mark):  # fmt: skip
            break
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
        for i in range(len(weight)):
            if count[i] > 0:
                value += weight[i]
        if value >= best[0]:
            best[0] = value
            for j in range(len(state)):  # a slice assigned takes seconds to compile
                kept[j] = state[j]
            continue
        for j in range(len(state)):
            if kept[j] == 1 and state[j] == 0:
                exchange(row_first, row_site, site_first, site_row, weight, count, only, gain,
                         loss, state, stale, mark, j, -1)  # fmt: skip
            elif state[j] == 1 and kept[j] == 0:
                exchange(row_first, row_site, site_first, site_row, weight, count, only, gain,
                         loss, state, stale, mark, -1, j)  # fmt: skip
