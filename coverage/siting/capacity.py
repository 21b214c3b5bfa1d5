"""
Maximal covering where a site serves so many people at most (Current & Storbeck 1988).

People of one place may go to several sites. For given sites the people served are a largest flow,
which is how the value of a plan is told afresh.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack

from .answers import Answer, Sites, Watch, impossible, judged
from .cover import Cover, Whole
from .covering import answered_by, maximal
from .floors import fits, floored
from .milp import WHOLE, Program, solve, widened
from .rules import Rules
from .service import PART_OF_ONE, Service, served


def worth(cover: Cover, rules: Rules, sites: npt.ArrayLike) -> int:
    """Return the people that a plan covers; those it serves, where there is only so much room."""
    return cover.value(sites) if rules.room is None else served(cover, rules.room, sites)


def most_people(cover: Cover, rules: Rules, watch: Watch) -> Answer:
    """Find the plan that covers most people, or serves most, where there is only so much room."""
    if rules.room is None:
        priced = bool(rules.floors) and fits(cover, rules)
        return floored(cover, rules, watch) if priced else maximal(cover, rules, watch)
    fixed, _ = rules.settled(cover.candidates)
    if rules.count is not None and int(fixed.sum()) > rules.count:
        return impossible(watch)
    start = _greedy(cover, rules, rules.room, watch)
    known = -np.inf if start is None else float(worth(cover, rules, start) - cover.base)
    most = _most_room(cover, rules, rules.room)
    if start is not None and known >= most:
        return judged(start, cover.base + known, cover.base + known, watch, step=1.0)
    program, _ = service_program(cover, rules, rules.room)
    found = solve(program, watch, step=1.0, shift=cover.base, known=known)
    found = replace(found, bound=min(found.bound, most))
    return answered_by(lambda sites: worth(cover, rules, sites), cover, rules, watch, found, start)


def _most_room(cover: Cover, rules: Rules, room: Whole) -> float:
    """Return the room of so many sites, or of what money buys: no plan serves more."""
    fixed, forbidden = rules.settled(cover.candidates)
    near = np.where(forbidden, 0, Service.of(cover, room).room)
    stood, rest = int(near[fixed].sum()), near[~fixed]
    most = float(rest.sum())
    if rules.count is not None:
        spare = rules.count - int(fixed.sum())
        most = float(np.sort(rest)[::-1][:spare].sum())
    if rules.budget is not None and rules.cost is not None:
        price = rules.cost[~fixed].astype(float)
        order = np.argsort(-rest / np.maximum(price, 1e-9), kind="stable")
        spent = np.cumsum(price[order])
        share = np.clip(1 - (spent - rules.budget) / np.maximum(price[order], 1e-9), 0, 1)
        most = min(most, float((share * rest[order]).sum()))
    return stood + most


def most_of(cover: Cover, rules: Rules, group: int, watch: Watch) -> Answer:
    """Find the plan that covers, or serves, most of one group; nobody before counts."""
    people = cover.groups[:, group]
    if rules.room is None:
        return maximal(cover.weighing(people), rules, watch)
    program, share = service_program(cover, rules, rules.room)
    gain = np.asarray(people.astype(float) @ share)
    found = solve(replace(program, gain=gain), watch, step=PART_OF_ONE)
    if found.infeasible or found.x is None:
        return impossible(watch) if found.infeasible else judged([], -np.inf, np.inf, watch)
    sites = np.flatnonzero(found.x[: cover.candidates] > WHOLE)
    return judged(sites, found.value, found.bound, watch, step=PART_OF_ONE)


def service_program(cover: Cover, rules: Rules, room: Whole) -> tuple[Program, csr_matrix]:
    """
    Return whom sites may serve, and what share of its row each variable brings, shape (n, .).

    Variables are the sites, then the pairs of `Service`: so many people of a row at a site.
    """
    m = cover.candidates
    fixed, forbidden = rules.settled(m)
    meet = Service.of(cover, room)
    k = len(meet.row)
    weight, pairs = cover.weight.astype(float), np.arange(k)
    # Of one pair alone: what the sums of a site say loosely while it is open in part.
    most = np.minimum(weight[meet.row], meet.room[meet.site])
    linked = csr_matrix((-most, (pairs, meet.site)), shape=(k, m))
    rooms = csr_matrix((-meet.room.astype(float), (np.arange(m), np.arange(m))), shape=(m, m))
    table, high = rules.table(m)
    rows = csr_matrix(vstack([
        hstack([csr_matrix((len(weight), m)), meet.by_row]), hstack([rooms, meet.by_site]),
        hstack([linked, csr_matrix((np.ones(k), (pairs, pairs)), shape=(k, k))]),
        widened(table, m + k),
    ]))  # fmt: skip
    top = np.concatenate([weight, np.zeros(m + k), high])
    program = Program(
        np.concatenate([np.zeros(m), np.ones(k)]), np.append(fixed.astype(float), np.zeros(k)),
        np.append((~forbidden).astype(float), weight[meet.row]), np.arange(m + k) < m, rows,
        np.full(len(top), -np.inf), top,
    )  # fmt: skip
    share = csr_matrix(hstack([csr_matrix((len(weight), m)), meet.share]))
    for people, least in rules.floors:
        sums = csr_matrix(people.astype(float)[None]) @ share
        program = program.under(sums, np.array([least]), np.array([np.inf]))
    return program, share


def no_room_left(cover: Cover, room: Whole, program: Program) -> Program:
    """
    Return a program of `service_program` in which nobody is turned away who could be served.

    By the dual of the largest flow (weak duality makes it an equality): rows u and sites q with
    u + q >= open for each pair, and as many served as rows u and sites q have people and room.
    """
    meet = Service.of(cover, room)
    n, m = cover.reach.shape
    k, width = len(meet.row), len(program.gain)
    wider, at, ones = program.beside(n + m), np.arange(k), np.ones(k)
    pairs = csr_matrix(
        (np.concatenate([-ones, ones, ones]),
         (np.tile(at, 3), np.concatenate([meet.site, width + meet.row, width + n + meet.site]))),
        shape=(k, width + n + m),
    )  # fmt: skip
    all_served = np.concatenate([np.zeros(m), np.ones(width - m), -cover.weight, -meet.room])
    return wider.under(
        csr_matrix(vstack([pairs, csr_matrix(all_served[None])])), np.zeros(k + 1),
        np.full(k + 1, np.inf),
    )  # fmt: skip


def _greedy(cover: Cover, rules: Rules, room: Whole, watch: Watch) -> Sites | None:
    """
    Open the site by which most more are served, by cost where there is a budget.

    What one more site brings never grows (a largest flow is submodular), so only those are reckoned
    again that were the best before (Minoux 1978). None if the plan breaks a floor.
    """
    m = cover.candidates
    fixed, forbidden = rules.settled(m)
    chosen = np.flatnonzero(fixed)
    price = np.ones(m) if rules.budget is None or rules.cost is None else np.maximum(rules.cost, 1)
    value = worth(cover, rules, chosen)
    heap = [
        (-float(most) / price[j], j, -1)
        for j, most in enumerate(Service.of(cover, room).room)
        if most > 0 and not forbidden[j] and not fixed[j]
    ]  # fmt: skip
    heapq.heapify(heap)
    bare = replace(rules, floors=())
    while heap and not watch.over:
        _, site, known = heapq.heappop(heap)
        plan = np.append(chosen, site)
        if not bare.kept_by(plan, cover):
            continue
        gain = worth(cover, rules, plan) - value
        if gain > 0 and known == len(chosen):
            chosen, value = plan, value + gain
        elif gain > 0:
            heapq.heappush(heap, (-gain / price[site], site, len(chosen)))
    return chosen if rules.kept_by(chosen, cover) else None
