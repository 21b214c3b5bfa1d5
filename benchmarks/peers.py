"""
The candidates of `routing.py`: ours, and libraries that search the same graph, as their own
documentation shows it. Each gets a file of arrays and returns its jobs by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from question import EVER, IN_NEW_MEMORY, UNBOUNDED, Question, bounded, cut, dense, limits
from race import Job


def ours(path: Path) -> Mapping[str, Job]:
    from kepu.geo import hierarchy, sweep
    from kepu.geo.chains import at_ends, contract
    from kepu.geo.nearest import decode, nearest
    from kepu.geo.snap import Doors, Snaps

    question = Question.load(path)
    arcs, x, y = question.arcs, question.x, question.y

    def at(nodes: np.ndarray, leaving: bool) -> Any:
        zero = np.zeros(len(nodes))
        snaps = Snaps(nodes, zero, zero, zero > 0)
        side = np.column_stack([zero == 0, zero > 0])
        two = np.column_stack([nodes, nodes])
        return at_ends(chains, Doors(snaps, two, side * np.int64(0), side, zero), leaving=leaving)

    def build() -> Any:
        chains = contract(arcs, x, y)
        return chains, hierarchy.build(chains.graph)

    chains, built = build()
    everywhere = at(np.arange(question.nodes), leaving=False)
    starts = at(question.sources, leaving=True)
    order = np.argsort(starts.doors[starts.first[:-1], 0], kind="stable")
    groups = [
        np.column_stack([ends.doors, np.repeat(np.arange(len(venues)), np.diff(ends.first))])
        for venues in question.venues
        for ends in [at(venues, leaving=True)]
    ]

    rooms: dict[str, Any] = {}  # memory at hand, as who asks again and again keeps it

    def search(limit: int, *, new: bool = False) -> Any:
        room = None if new else rooms.get("times")
        rooms["times"] = sweep.table(
            built, starts.take(order), everywhere, horizon=limit, backward=False, found=room
        )  # fmt: skip
        return rooms["times"]

    def by_source(found: np.ndarray, limit: int) -> np.ndarray:
        times = np.empty((len(order), question.nodes), np.float32)
        times[order] = found[:, : len(order)].T
        return cut(times, limit)

    def nearest_of(types: int, *, new: bool = False) -> Any:
        room = None if new else rooms.get("labels")
        found = nearest(
            built, groups[:types], everywhere, horizon=EVER, backward=False, found=room
        )  # fmt: skip
        if types > 1:
            rooms["labels"] = found
        return found

    jobs = {
        work: Job(partial(search, limit), partial(by_source, limit=limit))
        for work, limit in limits().items()
    }
    for types in (1, len(groups)):
        jobs[f"nearest {types}"] = Job(
            partial(nearest_of, types), lambda found: cut(decode(found[:, :1])[0].T, EVER)
        )
    for work, job in list(jobs.items()):
        if work != "nearest 1":
            jobs[f"{work}{IN_NEW_MEMORY}"] = Job(partial(job.run, new=True), job.tidy)
    size = np.array([len(built.into.arcs), len(built.row)])
    return {**jobs, "build": Job(build, lambda _: None), "size": Job(lambda: size, np.asarray)}


def of_scipy(path: Path) -> Mapping[str, Job]:
    from scipy.sparse.csgraph import dijkstra

    question = Question.load(path)
    stride = max(1, len(question.sources) // 25)
    jobs = bounded(
        question, stride, lambda some, limit: dijkstra(question.arcs, indices=some, limit=limit),
        np.asarray,
    )  # fmt: skip
    for types in (1, len(question.venues)):
        jobs[f"nearest {types}"] = Job(
            lambda: dijkstra(question.arcs, indices=question.venues[0], min_only=True, limit=EVER),
            lambda times: cut(times[None], EVER), types,
        )  # fmt: skip
    return jobs


def of_networkx(path: Path) -> Mapping[str, Job]:
    import networkx as nx

    question = Question.load(path)
    graph = nx.from_scipy_sparse_array(question.arcs, create_using=nx.DiGraph)
    jobs = bounded(
        question, max(1, len(question.sources) // 4),
        lambda some, limit: [
            nx.single_source_dijkstra_path_length(graph, source, cutoff=limit)
            for source in some.tolist()
        ], partial(dense, question.nodes),
    )  # fmt: skip
    venues = question.venues[0].tolist()
    jobs["nearest 1"] = Job(
        lambda: nx.multi_source_dijkstra_path_length(graph, venues, cutoff=EVER),
        lambda found: cut(dense(question.nodes, [found]), EVER),
    )
    return jobs


def of_osmnx(path: Path) -> Mapping[str, Job]:
    import networkx as nx

    question = Question.load(path)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(question.nodes))
    source, target, ticks = question.triples()
    graph.add_weighted_edges_from(
        zip(source.tolist(), target.tolist(), ticks.tolist(), strict=True), weight="time"
    )

    def reached(parts: list[Any]) -> np.ndarray:
        return dense(question.nodes, [dict.fromkeys(part.nodes, 0.0) for part in parts])

    return bounded(
        question, max(1, len(question.sources) // 2),
        lambda some, limit: [
            nx.ego_graph(graph, source, radius=limit, distance="time") for source in some.tolist()
        ], reached,
    )  # fmt: skip


def of_igraph(path: Path) -> Mapping[str, Job]:
    import igraph

    question = Question.load(path)
    source, target, ticks = question.triples()
    graph = igraph.Graph(question.nodes, np.column_stack([source, target]).tolist(), directed=True)
    weights = ticks.tolist()
    return bounded(
        question, max(1, len(question.sources) // 8),
        lambda some, _: graph.distances(some.tolist(), weights=weights), np.array,
        UNBOUNDED,
    )  # fmt: skip


def of_rustworkx(path: Path) -> Mapping[str, Job]:
    import rustworkx

    question = Question.load(path)
    source, target, ticks = question.triples()
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from([None] * question.nodes)
    graph.add_edges_from(list(zip(source.tolist(), target.tolist(), ticks.tolist(), strict=True)))

    def tables(found: list[Any]) -> np.ndarray:
        return dense(question.nodes, [dict(reached.items()) for reached in found])

    def with_source(some: np.ndarray, _: int) -> list[Any]:
        return [
            rustworkx.digraph_dijkstra_shortest_path_lengths(graph, node, float)
            for node in some.tolist()
        ]

    stride = max(1, len(question.sources) // 8)
    some = question.sources[::stride]

    def tidy(found: list[Any]) -> np.ndarray:
        times = tables(found)
        times[np.arange(len(some)), some] = 0.0  # left out of its own dict
        return times

    return bounded(question, stride, with_source, tidy, UNBOUNDED)


def of_networkit(path: Path) -> Mapping[str, Job]:
    import networkit

    networkit.setNumberOfThreads(1)
    question = Question.load(path)
    source, target, ticks = question.triples()
    graph = networkit.GraphFromCoo(
        (ticks.astype(float), (source, target)), n=question.nodes, weighted=True, directed=True
    )

    def search(some: np.ndarray, _: int) -> np.ndarray:
        return np.array([
            networkit.distance.Dijkstra(graph, node, storePaths=False).run().getDistances()
            for node in some.tolist()
        ])  # fmt: skip

    stride = max(1, len(question.sources) // 8)
    return bounded(question, stride, search, np.asarray, UNBOUNDED)


def of_pandana(path: Path) -> Mapping[str, Job]:
    import pandana
    import pandas

    question = Question.load(path)
    source, target, ticks = question.triples()
    x, y = pandas.Series(question.x), pandas.Series(question.y)
    weights = pandas.DataFrame({"time": ticks.astype(float)})

    ends = pandas.Series(source), pandas.Series(target)

    def build(tail: Any = ends[0], head: Any = ends[1]) -> Any:
        return pandana.Network(x, y, tail, head, weights, twoway=False)

    network, turned = build(), build(ends[1], ends[0])  # it asks for the way to the venue

    def tidy(found: Any) -> np.ndarray:
        number = {node: k for k, node in enumerate(some.tolist())}
        times = np.full((len(some), question.nodes), np.inf, np.float32)
        row = found["source"].map(number).to_numpy()
        times[row, found["destination"].to_numpy()] = found["time"].to_numpy()
        return times

    def nearest() -> Any:
        venues = question.venues[0]
        turned.set_pois("venues", EVER, 1, x.iloc[venues], y.iloc[venues])
        return turned.nearest_pois(EVER, "venues", num_pois=1)

    def below(times: np.ndarray) -> np.ndarray:  # it says the limit itself for none
        return np.where(times < EVER, times, np.inf).astype(np.float32)

    stride = max(1, len(question.sources) // 12)
    some = question.sources[::stride]
    jobs = bounded(
        question, stride, lambda some, limit: network.nodes_in_range(some.tolist(), limit), tidy
    )
    jobs["nearest 1"] = Job(nearest, lambda found: below(found[1].to_numpy()[None]))
    jobs["build"] = Job(build, lambda _: None)
    return jobs


CANDIDATES: dict[str, Callable[[Path], Mapping[str, Job]]] = {
    "scipy": of_scipy,
    "networkx": of_networkx,
    "osmnx": of_osmnx,
    "igraph": of_igraph,
    "rustworkx": of_rustworkx,
    "networkit": of_networkit,
    "pandana": of_pandana,
}
CALLS = {
    "scipy": "scipy dijkstra(limit=)",
    "networkx": "networkx cutoff=",
    "osmnx": "osmnx ego_graph (its isochrone recipe)",
    "igraph": "igraph distances (no bound)",
    "rustworkx": "rustworkx dijkstra (no bound)",
    "networkit": "networkit Dijkstra (no bound)",
    "pandana": "pandana nodes_in_range",
}
