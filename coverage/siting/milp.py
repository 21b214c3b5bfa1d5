"""
Linear programs with whole numbers, by HiGHS (Huangfu & Hall 2018).

Its status alone is not trusted: a limit of time is never "optimal", gaps are asked for at zero, and
who asks reckons the value of the plan afresh.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from threading import Thread
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, sparray, spmatrix, vstack

from .answers import Watch

Floats = npt.NDArray[np.float64]
WHOLE = 0.5
"""A variable of 0 or 1 above this is 1."""
POLL_SECONDS, GRACE_SECONDS = 0.1, 1.0
"""HiGHS hears nothing in some of its steps: told to stop, it has so long; then it ends unheard."""


@dataclass(frozen=True, eq=False)
class Program:
    """
    Maximise `gain` x, with `lower` <= x <= `upper` and `low` <= `rows` x <= `high`.

    Parameters
    ----------
    whole
        Which variables are whole numbers.
    """

    gain: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    rows: csr_matrix | spmatrix | sparray
    low: Floats
    high: Floats

    def beside(self, columns: int, *, upper: float = 1.0) -> Program:
        """Return the program with variables from 0 to `upper` more, in no row and of no gain."""
        none = np.zeros(columns)
        return Program(
            np.append(self.gain, none), np.append(self.lower, none),
            np.append(self.upper, none + upper), np.append(self.whole, np.zeros(columns, bool)),
            widened(self.rows, len(self.gain) + columns), self.low, self.high,
        )  # fmt: skip

    def under(self, rows: csr_matrix | spmatrix | sparray, low: Floats, high: Floats) -> Program:
        """Return the program with rows more."""
        return replace(
            self, rows=csr_matrix(vstack([self.rows, rows])), low=np.append(self.low, low),
            high=np.append(self.high, high),
        )  # fmt: skip


def widened(rows: csr_matrix | spmatrix | sparray, columns: int) -> csr_matrix:
    """Return rows that have nothing to do with further columns."""
    table = csr_matrix(rows)
    return csr_matrix((table.data, table.indices, table.indptr), (table.shape[0], columns))


@dataclass(frozen=True, eq=False)
class Solved:
    """Values of the variables (None: none found), a proved bound, whether none can be, duals."""

    x: Floats | None
    value: float
    bound: float
    infeasible: bool = False
    row_dual: Floats | None = None
    column_dual: Floats | None = None


def solve(
    program: Program,
    watch: Watch,
    *,
    step: float = 0.0,
    shift: float = 0.0,
    cutoff: float = -math.inf,
    sign: float = 1.0,
    known: float = -math.inf,
    relaxed: bool = False,
) -> Solved:
    """
    Solve a program to its proof, or until the watch says stop.

    Parameters
    ----------
    step
        Values differ by this much at least, so a gap below it is none.
    shift, sign
        The watch is told `shift + sign * value`.
    known
        The value of a plan at hand: the watch hears of no worse one.
    cutoff
        Worse solutions need not be found; if there is none better, no `x` comes back.
    relaxed
        Forget that variables are whole: bound and duals only.
    """
    import highspy

    solver = _quiet()()
    options: dict[str, float | int | str | bool] = {
        "mip_rel_gap": 0.0,
        "mip_abs_gap": max(step * 0.999, 1e-6),
        "random_seed": 0,
        "threads": 1,
        "parallel": "off",
    }
    if math.isfinite(watch.left):
        options["time_limit"] = max(watch.left, 0.01)
    if math.isfinite(cutoff):
        options["objective_bound"] = -cutoff
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_model(highspy, program, relaxed))
    ear = _Ear(watch, shift, sign, known)
    ear.listen(solver)
    if ear.run(solver):
        return _read(highspy, solver, relaxed)
    return Solved(None, -math.inf, math.inf) if relaxed else Solved(ear.x, ear.value, ear.bound)


@cache
def _quiet() -> type[Any]:
    """Return HiGHS without its banner, which it writes when callbacks are enabled."""
    import highspy

    class Quiet(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Quiet


def _model(highspy: Any, program: Program, relaxed: bool) -> Any:
    """Return the program as HiGHS takes it: it minimises the loss."""
    rows = csr_matrix(program.rows)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = rows.shape[1], rows.shape[0]
    model.col_cost_ = -np.asarray(program.gain, float)
    model.col_lower_, model.col_upper_ = program.lower.astype(float), program.upper.astype(float)
    model.row_lower_, model.row_upper_ = program.low.astype(float), program.high.astype(float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = rows.indptr
    model.a_matrix_.index_ = rows.indices
    model.a_matrix_.value_ = rows.data.astype(float)
    if not relaxed:
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if w else kinds.kContinuous for w in program.whole]
    return model


@dataclass(eq=False)
class _Ear:
    """What HiGHS said so far, in case it hears too late that it shall stop."""

    watch: Watch
    shift: float
    sign: float
    known: float
    x: Floats | None = None
    value: float = -math.inf
    bound: float = math.inf
    left: bool = False

    def listen(self, solver: Any) -> None:
        """Let the watch stop the solver and hear how far it is."""
        solver.cbSimplexInterrupt.subscribe(self.ask)
        solver.cbMipInterrupt.subscribe(self.hear)
        solver.cbMipImprovingSolution.subscribe(self.keep)

    def ask(self, event: Any) -> None:
        if self.left or self.watch.over:
            event.interrupt()

    def hear(self, event: Any) -> None:
        said = event.data_out
        self.bound = min(self.bound, -said.mip_dual_bound)
        if not self.left:
            value = max(self.known, -said.mip_primal_bound)
            self.watch.tell(self.shift + self.sign * value, self.shift + self.sign * self.bound)
        self.ask(event)

    def keep(self, event: Any) -> None:
        said = event.data_out
        if -said.objective_function_value > self.value:
            self.value, self.x = -said.objective_function_value, np.array(said.mip_solution)

    def run(self, solver: Any) -> bool:
        """Run the solver beside; whether it came to its end, or only to that of our patience."""
        work = Thread(target=solver.run)
        work.start()
        until = math.inf
        try:
            while work.is_alive() and monotonic() < until:
                work.join(POLL_SECONDS)
                if until == math.inf and self.watch.over:
                    until = monotonic() + GRACE_SECONDS
        finally:
            self.left = work.is_alive()
        return not self.left


def _read(highspy: Any, solver: Any, relaxed: bool) -> Solved:
    kinds = highspy.HighsModelStatus
    status, info = solver.getModelStatus(), solver.getInfo()
    none = status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible)
    done = status == kinds.kOptimal
    solution = solver.getSolution()
    if relaxed:
        if not done:
            return Solved(None, -math.inf, -math.inf if none else math.inf, none)
        value = -info.objective_function_value
        return Solved(
            np.array(solution.col_value), value, value,
            row_dual=-np.array(solution.row_dual), column_dual=-np.array(solution.col_dual),
        )  # fmt: skip
    feasible = info.primal_solution_status == 2
    bound = -info.mip_dual_bound
    x = np.array(solution.col_value) if feasible else None
    value = -info.objective_function_value if feasible else -math.inf
    if done:
        bound = min(bound, value) if not info.mip_gap else bound
    return Solved(x, value, -math.inf if none else bound, none)
