"""What is asked of a siting problem, and which model answers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from .coverage.gaps import percent_down
from .coverage.siting.answers import Answer, Sites, Watch
from .coverage.siting.capacity import most_of, most_people, worth
from .coverage.siting.center import center
from .coverage.siting.cover import Cover, Whole
from .coverage.siting.dispersion import FAR, disperse
from .coverage.siting.fairness import least_gap, max_min
from .coverage.siting.median import median
from .coverage.siting.rules import Rules
from .coverage.siting.setcover import backed_up, cheapest
from .geo.errors import Fault, StudyError
from .siting_even import EvenHanded
from .siting_problem import Problem
from .siting_times import distances

Model = Literal["mclp", "lscp", "pmedian", "pcenter", "pdispersion"]
Fair = Literal["", "gap", "maxmin", "even"]
GAP_KEEP = 0.9
"""The smallest gap is sought among plans that add this share of what the best adds."""


@dataclass(frozen=True)
class Asked:
    """
    What is asked of a problem.

    Parameters
    ----------
    count, budget
        New sites at most; money at most. `lscp` takes neither.
    floors
        Least share of a group that is covered: urban, rural, a town (code or name), or a group of
        people.
    backup
        Of `lscp`: so many sites within reach of everybody, as far as the least number allows.
    seconds
        Of wall clock, for everything.
    fair
        Of `mclp`: gap (urban and rural as alike as can be), maxmin (the worst-off town first), even
        (the even-handed average of minutes); empty for most people.
    """

    model: Model = "mclp"
    count: int | None = None
    budget: int | None = None
    floors: dict[str, float] = field(default_factory=dict)
    backup: bool = False
    seconds: float = 60.0
    fair: Fair = ""


def rules_of(problem: Problem, asked: Asked, cover: Cover | None = None) -> Rules:
    """
    Return the rules with their floors, for the table of the problem or for another one.

    Raises
    ------
    StudyError
        A floor for what is no group, or money without costs.
    """
    study, file = problem.study, problem.study.path.name
    cover = cover or problem.cover
    crowded = asked.model == "mclp"
    rules = problem.rules(count=asked.count, budget=asked.budget, crowded=crowded)
    # What is planned is paid for already.
    kinds = set(problem.options["type"][~problem.fixed])
    if asked.budget is not None and kinds - set(study.sites.costs):
        missing = "、".join(sorted(kinds - set(study.sites.costs)))
        raise StudyError(Fault("E-SITES-COST", file=file, value=missing))
    for name, share in {**study.sites.floors, **asked.floors}.items():
        group = _group(problem, name)
        if group is None or not 0 <= share <= 1:
            facts = {"known": "、".join(_known(problem))}
            raise StudyError(
                Fault("E-SITES-FLOOR", file=file, value=f"{name}={share:g}", facts=facts)
            )
        need = int(np.ceil(share * problem.group_totals[group] - 1e-9))
        need -= int(cover.base_groups[group])
        if need > 0:
            rules = rules.with_floor(cover.groups[:, group], need)
    return rules


def _group(problem: Problem, name: str) -> int | None:
    names = {code or scope: at for at, (scope, code) in enumerate(problem.group_names)}
    towns = problem.measured.towns["name"]
    codes = towns.index[towns == name]
    return names.get(str(codes[0]) if len(codes) == 1 else name)


def _known(problem: Problem) -> list[str]:
    """List what a floor may be for: towns by name, and groups that anybody belongs to."""
    towns, totals = problem.measured.towns["name"], problem.group_totals
    return [
        str(towns[code]) if scope == "town" else code or scope
        for (scope, code), total in zip(problem.group_names, totals, strict=True) if total > 0
    ]  # fmt: skip


def check_asked(problem: Problem, asked: Asked, rules: Rules) -> None:
    """
    Refuse what the model cannot keep.

    Raises
    ------
    StudyError
        What is asked cannot be.
    """
    file, room = problem.study.path.name, problem.room
    lone = asked.model in ("pmedian", "pcenter", "pdispersion")
    if lone and (len(problem.standards) > 1 or asked.budget is not None or rules.floors):
        raise StudyError(Fault("E-SITES-MODEL", file=file, value=asked.model))
    number = asked.count is not None or asked.budget is not None
    unused = {
        "--backup": asked.backup and asked.model != "lscp",
        "--count / --budget": number and asked.model == "lscp",
        "--fair": asked.fair and (
            asked.model != "mclp"
            or (asked.fair == "even" and (rules.floors or asked.count is None
                                          or asked.budget is not None or room is not None))
        ),
    }  # fmt: skip
    wrong = [option for option, useless in unused.items() if useless]
    if wrong:
        raise StudyError(*(Fault("E-SITES-UNUSED", file=file, value=one) for one in wrong))
    if asked.model != "lscp" and not number:
        raise StudyError(Fault("E-SITES-COUNT", file=file, value=asked.model))
    several = [s.key for s in problem.standards if s.count > 1]
    capped = asked.model == "mclp" and room is not None
    if several and (lone or asked.backup or capped or asked.fair == "even"):
        raise StudyError(*(Fault("E-SITES-SEVERAL", file=file, value=key) for key in several))


def solved(problem: Problem, asked: Asked, rules: Rules, watch: Watch) -> Answer:
    """Run the model."""
    match asked.model:
        case "mclp" if asked.fair:
            return fairest(problem, asked.fair, rules, watch)
        case "mclp":
            return most_people(problem.cover, rules, watch)
        case "lscp":
            return _everybody(problem, rules, asked, watch)
        case "pmedian":
            return median(distances(problem), rules, watch)
        case "pcenter":
            return center(distances(problem), rules, watch)
        case "pdispersion":
            apart, stood = spacing_of(problem)
            return disperse(apart, rules, watch, stood)


def spacing_of(problem: Problem) -> tuple[Whole, Whole]:
    """Return whole metres between options, shape (m, m), and to the nearest open venue, (m,)."""
    metres = problem.stood_metres(problem.standards[0].types)[problem.number]
    stood = np.where(np.isfinite(metres), metres, FAR).astype(np.int64)
    return problem.whole_metres[np.ix_(problem.number, problem.number)], stood


def fairest(problem: Problem, fair: Fair, rules: Rules, watch: Watch) -> Answer:
    """Find the fair plan; its value is the people covered, `optimal` that none is fairer."""
    cover, totals = problem.cover, problem.group_totals
    if fair == "gap":
        best = most_people(cover, rules, watch.part(watch.left / 3))
        if not best.found:
            return best
        keep = cover.base + int(GAP_KEEP * (best.value - cover.base))
        return least_gap(cover, rules, totals, (0, 1), keep, watch)[0]
    if fair == "maxmin":
        towns = replace(
            cover, groups=cover.groups[:, problem.towns],
            base_groups=cover.base_groups[problem.towns],
        )  # fmt: skip
        return max_min(towns, rules, totals[problem.towns], watch)
    scale = EvenHanded(problem).scale()
    if scale is None:
        return most_people(cover, rules, watch)
    found = median(scale, rules, watch)
    value = cover.value(found.sites)
    proved = found.status == "optimal"
    return replace(
        found, value=value, bound=float(value) if proved else np.inf,
        status="optimal" if proved else "heuristic",
    )  # fmt: skip


def _everybody(problem: Problem, rules: Rules, asked: Asked, watch: Watch) -> Answer:
    costs = problem.study.sites.costs
    priced = bool(costs) and not set(problem.options["type"][~problem.fixed]) - set(costs)
    free = replace(rules, count=None, budget=None, cost=rules.cost if priced else None)
    least = cheapest(problem.cover, free, watch)
    if not asked.backup or not least.found:
        return least
    limit = {"budget": int(least.value)} if priced else {"count": len(least.sites)}
    found = backed_up(problem.cover, replace(free, **limit), watch)  # type: ignore[arg-type]
    if found.found and least.status == "optimal":
        return found
    # Unless both steps came to their end the plan is not known to be the best of its kind.
    best = found if found.found else least
    return replace(best, status="heuristic", bound=np.inf, stopped=watch.why)


def without_idle(problem: Problem, rules: Rules, sites: Sites, watch: Watch) -> Sites:
    """
    Leave out new sites by which nobody more is covered, or served: more was allowed than is of use.

    Where all are covered who can be, as few sites as do that, or as cheap ones.
    """
    cover, fixed = problem.cover, problem.fixed
    kept, value = sites.tolist(), worth(cover, rules, sites)
    if rules.room is None and value == cover.base + cover.weight.sum():
        cost = None if rules.budget is None else rules.cost
        free = replace(rules, count=None, budget=None, cost=cost)
        least = cheapest(cover, free, watch.part(watch.left / 4))
        if least.found and cover.value(least.sites) == value and rules.kept_by(least.sites, cover):
            kept = least.sites.tolist()
    for site in [one for one in kept if not fixed[one]]:
        rest = [one for one in kept if one != site]
        if worth(cover, rules, rest) == value and rules.kept_by(rest, cover):
            kept = rest
    return np.array(kept, np.int64)


def refuse_infeasible(problem: Problem, asked: Asked, rules: Rules, watch: Watch) -> None:
    """
    Say why no plan keeps the rules: the floor that is too high by itself, if there is one.

    Raises
    ------
    StudyError
        Always.
    """
    file, faults = problem.study.path.name, []
    free = replace(rules, floors=())
    if asked.model == "lscp":
        free = replace(free, count=len(problem.options), budget=None)
    for name, share in {**problem.study.sites.floors, **asked.floors}.items():
        group = _group(problem, name)
        total = int(problem.group_totals[group]) if group is not None else 0
        if group is None or not total:
            continue
        most = most_of(problem.cover, free, group, watch)
        reached = int(problem.cover.base_groups[group]) + int(most.value if most.found else 0)
        if most.status == "optimal" and reached < share * total - 1e-9:
            facts = {"most": f"{percent_down(reached / total)}%"}
            faults.append(Fault("E-SITES-FLOOR-HIGH", file=file, value=f"{name}={share:g}",
                                facts=facts))  # fmt: skip
    raise StudyError(*(faults or [Fault("E-SITES-INFEASIBLE", file=file)]))
