"""Where next: the plan of a siting problem, proved where it can be, and told afresh by coverage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.equity import even_handed, kappa_of
from .coverage.share import nearest
from .coverage.siting.answers import Answer, Sites, Watch
from .coverage.siting.capacity import capacitated
from .coverage.siting.center import center
from .coverage.siting.cover import Whole
from .coverage.siting.covering import SMALL_ENTRIES, maximal
from .coverage.siting.dispersion import disperse
from .coverage.siting.median import median
from .coverage.siting.median_program import Distances
from .coverage.siting.rules import Rules
from .coverage.siting.setcover import backed_up, cheapest
from .coverage.siting.warm import warm_covering, warm_median
from .coverage.times import within
from .geo.errors import Fault, StudyError
from .geo.network import TICKS_A_MINUTE
from .siting_plan import plan_table, uncoverable, worth
from .siting_problem import Problem
from .siting_times import distances

Model = Literal["mclp", "lscp", "pmedian", "pcenter", "pdispersion"]


@dataclass(frozen=True)
class Asked:
    """
    What is asked of a problem.

    Parameters
    ----------
    count, budget
        New sites at most; money at most. `lscp` needs neither.
    floors
        Least share of a group that is covered: urban, rural, or the code of a town.
    backup
        Of `lscp`: so many sites within reach of everybody, as far as the least number allows.
    seconds
        Of wall clock, for everything.
    """

    model: Model = "mclp"
    count: int | None = None
    budget: int | None = None
    floors: dict[str, float] = field(default_factory=dict)
    backup: bool = False
    seconds: float = 60.0


@dataclass(frozen=True, eq=False)
class Siting:
    """
    The answer.

    Parameters
    ----------
    problem, asked, rules, answer
        What was asked, and what the optimiser says.
    before, after
        People covered without and with the plan, told afresh by the coverage code.
    plan
        One row per site in build order: see docs/method.md; `order` 0 is committed already.
    uncoverable
        Places that no candidate covers: `standard`, `place`, `name`, `town`, `people`, `reason`.
    """

    problem: Problem
    asked: Asked
    rules: Rules
    answer: Answer
    before: int
    after: int
    plan: GeoDataFrame
    uncoverable: pd.DataFrame

    @property
    def committed(self) -> int:
        """People covered once what is committed already stands."""
        return self.problem.cover.value(self.plan.loc[self.plan["order"] == 0, "option"])

    @property
    def stood(self) -> int:
        """The same in the terms of `plan`: served, where there is only so much room."""
        stood = self.plan.loc[self.plan["order"] == 0, "covered"]
        return int(stood.iloc[-1]) if len(stood) else self.before

    @property
    def reached(self) -> int:
        """People that the plan covers; those it serves, where there is only so much room."""
        return int(self.answer.value) if self.limited else self.after

    @property
    def limited(self) -> bool:
        """Whether the plan counts who is served within the room of each site."""
        return self.asked.model == "mclp" and self.problem.room is not None

    @property
    def second(self) -> int:
        """People not covered before who have a second site of the plan within reach."""
        cover = self.problem.cover
        times = np.asarray(cover.reach[:, self.answer.sites].astype(np.int64).sum(axis=1)).ravel()
        return int(cover.weight[times > 1].sum())

    @cached_property
    def times(self) -> Distances:
        """Times of the one standard."""
        return distances(self.problem)

    @property
    def cap_minutes(self) -> float:
        """Longer times, and no way at all, count as this in an even-handed average."""
        return float(self.problem.study.study.horizon_minutes)

    @cached_property
    def kappa(self) -> float:
        """The aversion of Kolm-Pollak, told from the times without a plan."""
        return kappa_of(self._minutes(np.zeros(0, np.int64)), self.times.weight, side="burden")

    def even_minutes(self, options: Sites) -> float | None:
        """Return the even-handed minutes to the nearest; None for several standards or venues."""
        if len(self.problem.standards) > 1 or self.problem.standards[0].count > 1:
            return None
        return even_handed(self._minutes(options), self.times.weight, kappa=self.kappa)

    def _minutes(self, options: Sites) -> npt.NDArray[np.float64]:
        table = self.times
        ticks = table.cap
        if len(options):
            ticks = np.minimum(ticks, table.cost[:, options].min(axis=1).astype(np.int64))
        return np.asarray(np.minimum(ticks / TICKS_A_MINUTE, self.cap_minutes))


def ready(problem: Problem, model: Model, *, medians: bool) -> None:
    """
    Load the kernels that the searches will run, or compile them: that is not their time.

    `medians`: whether an even-handed average will be sought beside the plan.
    """
    if model == "pmedian" or (medians and model == "mclp"):
        warm_median()
    if model in ("mclp", "lscp") and problem.cover.reach.nnz > SMALL_ENTRIES:
        warm_covering()


def rules_of(problem: Problem, asked: Asked) -> Rules:
    """
    Return the rules with their floors.

    Raises
    ------
    StudyError
        A floor for what is no group, or money without costs.
    """
    study, file = problem.study, problem.study.path.name
    rules = problem.rules(count=asked.count, budget=asked.budget)
    kinds = set(problem.options["type"])
    if asked.budget is not None and kinds - set(study.sites.costs):
        missing = "、".join(sorted(kinds - set(study.sites.costs)))
        raise StudyError(Fault("E-SITES-COST", file=file, value=missing))
    names = {code or scope: at for at, (scope, code) in enumerate(problem.group_names)}
    for name, share in {**study.sites.floors, **asked.floors}.items():
        if name not in names or not 0 <= share <= 1:
            facts = {"known": "urban、rural、" + "、".join(problem.measured.towns.index)}
            raise StudyError(
                Fault("E-SITES-FLOOR", file=file, value=f"{name}={share}", facts=facts)
            )
        group = names[name]
        need = int(np.ceil(share * problem.group_totals[group] - 1e-9))
        need -= int(problem.cover.base_groups[group])
        if need > 0:
            rules = rules.with_floor(problem.cover.groups[:, group], need)
    return rules


def solve_sites(problem: Problem, asked: Asked, watch: Watch) -> tuple[Rules, Answer]:
    """
    Run the model.

    Raises
    ------
    StudyError
        The model cannot keep what is asked, or no plan can.
    """
    file = problem.study.path.name
    rules = rules_of(problem, asked)
    lone = asked.model in ("pmedian", "pcenter", "pdispersion")
    if lone and (len(problem.standards) > 1 or asked.budget is not None or rules.floors):
        raise StudyError(Fault("E-SITES-MODEL", file=file, value=asked.model))
    if asked.model != "lscp" and asked.count is None and asked.budget is None:
        raise StudyError(Fault("E-SITES-COUNT", file=file, value=asked.model))
    room = problem.room
    several = [s.key for s in problem.standards if s.count > 1]
    if several and (lone or asked.backup or (asked.model == "mclp" and room is not None)):
        raise StudyError(*(Fault("E-SITES-SEVERAL", file=file, value=key) for key in several))
    match asked.model:
        case "mclp" if room is not None:
            answer = capacitated(problem.cover, room, rules, watch)
        case "mclp":
            answer = maximal(problem.cover, rules, watch)
        case "lscp":
            answer = _everybody(problem, rules, asked, watch)
        case "pmedian":
            answer = median(distances(problem), rules, watch)
        case "pcenter":
            answer = center(distances(problem), rules, watch)
        case "pdispersion":
            answer = disperse(problem.whole_metres, rules, watch)
            if answer.found and not rules.kept_by(answer.sites, problem.cover):
                raise StudyError(Fault("E-SITES-SPACING", file=file))
    if answer.status == "infeasible":
        raise StudyError(Fault("E-SITES-INFEASIBLE", file=file))
    return rules, answer


def _everybody(problem: Problem, rules: Rules, asked: Asked, watch: Watch) -> Answer:
    costs = problem.study.sites.costs
    priced = bool(costs) and asked.count is None and not set(problem.options["type"]) - set(costs)
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


def covered_afresh(problem: Problem, options: Sites) -> tuple[int, Whole]:
    """
    Count who is covered with a plan, by the coverage code and from the times alone.

    Returns
    -------
    int
        People, all standards together.
    int, shape (g,)
        The same by group.
    """
    chosen = problem.options.iloc[options]
    marks = []
    for standard, times in zip(problem.standards, problem.times, strict=True):
        suits = chosen[chosen["type"].isin(standard.types)]
        status = np.where(problem.candidates.index.isin(suits["site"]), "open", "candidate")
        kind = np.full(len(status), standard.types[0], object)
        stand = problem.candidates.assign(status=status, type=kind)
        stood = problem.stand_now(standard)
        for k in range(1, standard.count + 1):
            new = nearest(times, stand, standard.types, count=k)
            stood = stood + within(new.ticks, standard.minutes)
        marks.append(stood >= standard.count)
    covered = np.concatenate(marks)
    people = np.concatenate([problem.meant(standard) for standard in problem.standards])
    return int(people[covered].sum()), np.asarray(problem.groups[covered].sum(axis=0))


def plan_sites(problem: Problem, asked: Asked, watch: Watch) -> Siting:
    """
    Find the plan and hold it against the coverage code.

    Raises
    ------
    StudyError
        What is asked cannot be.
    RuntimeError
        The optimiser and the coverage code disagree: a fault of the program.
    """
    rules, answer = solve_sites(problem, asked, watch)
    if not answer.found:
        raise StudyError(Fault("E-SITES-TIME", file=problem.study.path.name))
    before, _ = covered_afresh(problem, np.zeros(0, np.int64))
    after, _ = covered_afresh(problem, answer.sites)
    if after != problem.cover.value(answer.sites) or before != problem.cover.base:
        raise RuntimeError("optimiser and coverage disagree")
    if asked.model == "mclp" and worth(problem, "mclp", answer.sites) != answer.value:
        raise RuntimeError("the plan is not worth what the optimiser says")
    plan = plan_table(problem, asked.model, rules, answer)
    return Siting(problem, asked, rules, answer, before, after, plan, uncoverable(problem))
