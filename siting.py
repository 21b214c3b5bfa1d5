"""Where next: the plan of a siting problem, proved where it can be, and told afresh by coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from .coverage.share import nearest
from .coverage.siting.answers import Answer, Sites, Watch
from .coverage.siting.capacity import worth
from .coverage.siting.cover import Whole
from .coverage.siting.covering import SMALL_ENTRIES
from .coverage.siting.rules import Rules
from .coverage.siting.warm import warm_covering, warm_median
from .coverage.times import within
from .geo.errors import Fault, StudyError
from .siting_even import EvenHanded
from .siting_models import (
    Asked,
    Model,
    check_asked,
    refuse_infeasible,
    rules_of,
    solved,
    without_idle,
)
from .siting_plan import plan_table, uncoverable
from .siting_problem import Problem


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
    def even(self) -> EvenHanded:
        """Even-handed minutes of plans."""
        return EvenHanded(self.problem)


def ready(problem: Problem, model: Model, *, medians: bool) -> None:
    """
    Load the kernels that the searches will run, or compile them: that is not their time.

    `medians`: whether an even-handed average will be sought beside the plan.
    """
    if model == "pmedian" or (medians and model == "mclp"):
        warm_median()
    if model in ("mclp", "lscp") and problem.cover.reach.nnz > SMALL_ENTRIES:
        warm_covering()


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
    before, _ = covered_afresh(problem, np.zeros(0, np.int64))
    after, _ = covered_afresh(problem, answer.sites)
    if after != problem.cover.value(answer.sites) or before != problem.cover.base:
        raise RuntimeError("optimiser and coverage disagree")
    if asked.model == "mclp" and worth(problem.cover, rules, answer.sites) != answer.value:
        raise RuntimeError("the plan is not worth what the optimiser says")
    plan = plan_table(problem, asked.model, rules, answer)
    return Siting(problem, asked, rules, answer, before, after, plan, uncoverable(problem))


def solve_sites(problem: Problem, asked: Asked, watch: Watch) -> tuple[Rules, Answer]:
    """
    Run the model, and leave out sites that serve nobody.

    Raises
    ------
    StudyError
        The model cannot keep what is asked, no plan can, or none was found in time.
    """
    file = problem.study.path.name
    rules = rules_of(problem, asked)
    check_asked(problem, asked, rules)
    answer = solved(problem, asked, rules, watch)
    spaced = problem.study.sites.spacing_metres > 0
    if asked.model == "pdispersion" and answer.status == "infeasible" and spaced:
        raise StudyError(Fault("E-SITES-SPACING", file=file))
    floored = asked.model == "lscp" and bool(rules.floors) and not answer.found
    if answer.status == "infeasible" or (floored and not watch.over):
        refuse_infeasible(problem, asked, rules, watch)
    if not answer.found:
        raise StudyError(Fault("E-SITES-TIME", file=file))
    if asked.model == "pdispersion" and not rules.kept_by(answer.sites, problem.cover):
        raise StudyError(Fault("E-SITES-SPACING", file=file))
    if asked.model == "mclp" and not asked.fair:
        answer = replace(answer, sites=without_idle(problem, rules, answer.sites, watch))
    return rules, answer
