"""The command `sites`: where next, in which order, and what fairness costs."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .console import (
    Accept,
    AsJson,
    Corrected,
    NoCache,
    Out,
    StudyPath,
    exit_code,
    guarded,
    messages,
    print_public,
    report,
    steps,
)
from .job import Job, new_job, noticed

if TYPE_CHECKING:
    import pandas as pd

    from .coverage.siting.answers import Watch
    from .siting import Siting
    from .siting_choices import Choices

Fairness = Literal["gap", "maxmin", "even"]
Models = Literal["mclp", "lscp", "pmedian", "pcenter", "pdispersion"]


def sites(
    study: StudyPath,
    standard: Annotated[
        list[str] | None,
        typer.Option(help="标准的 key，可多次（几类设施一起选） / standards, several at once"),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="新增多少处 / how many new venues")
    ] = None,
    budget: Annotated[
        int | None, typer.Option(min=0, help="总费用不超过多少 / money, in the unit of the costs")
    ] = None,
    model: Annotated[
        Models,
        typer.Option(
            help="mclp 覆盖最多、lscp 全部覆盖、pmedian 总时间最短、pcenter 最远者最近、"
            "pdispersion 最分散 / what is best"
        ),
    ] = "mclp",
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="新设施的类型，与标准依次对应 / type that would be opened"),
    ] = None,
    floor: Annotated[
        list[str] | None,
        typer.Option(
            help="覆盖下限：rural=0.6、urban=0.8、镇街名称或代码=0.5、人群 elderly=0.7 / floors"
        ),
    ] = None,
    fair: Annotated[
        Fairness | None,
        typer.Option(
            help="mclp 的公平方案：gap 城乡差距最小、maxmin 最差镇街最好、even 等效均等分钟数最小 "
            "/ a fair plan instead of the most people"
        ),
    ] = None,
    backup: Annotated[
        bool, typer.Option("--backup", help="lscp：尽量让更多人有第二处 / a second site")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, help="最多算多少秒 / seconds at most")] = 60.0,
    out: Out = None,
    as_json: AsJson = False,
    accept_quarantine: Accept = False,
    corrected: Corrected = None,
    no_cache: NoCache = False,
) -> None:
    """下一处建在哪里：选址、次序、公平的代价 / where next, in which order, what fairness costs."""
    with guarded(as_json):
        from .siting_models import Asked

        asked = Asked(model, count or (None if budget is not None or model == "lscp" else 5),
                      budget, _floors(floor or []), backup, seconds, fair or "")  # fmt: skip
        job = new_job(
            "sites", study, out or Path("out") / f"{study.stem}-sites",
            [str(study), *_words(asked, standard or [], kind or [], floor or [])],
            as_json=as_json, accept=accept_quarantine, corrected=corrected, no_cache=no_cache,
        )  # fmt: skip
        _run(job, asked, standard or [], kind or [])


def _floors(said: list[str]) -> dict[str, float]:
    from .geo.errors import Fault, StudyError

    found = {}
    for text in said:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as error:
            facts = {"known": "rural=0.6"}
            raise StudyError(Fault("E-SITES-FLOOR", value=text, facts=facts)) from error
    return found


def _words(asked: Any, standards: list[str], kinds: list[str], floors: list[str]) -> list[str]:
    """Return the options as they would be typed."""
    words = ["--model", asked.model]
    for name, value in (("--count", asked.count), ("--budget", asked.budget)):
        words += [] if value is None else [name, str(value)]
    for name, values in (("--standard", standards), ("--type", kinds), ("--floor", floors)):
        words += [word for value in values for word in (name, value)]
    words += ["--fair", asked.fair] if asked.fair else []
    return words + (["--backup"] if asked.backup else []) + ["--seconds", f"{asked.seconds:g}"]


@contextmanager
def stoppable(watches: list[Watch]) -> Iterator[None]:
    """Let the first Ctrl-C end the searches with what was found; the second ends the program."""

    def stop(*_: object) -> None:
        if any(watch.stop for watch in watches):
            raise KeyboardInterrupt
        for watch in watches:
            watch.stop = True
        messages().print("停止搜索，保留到目前为止最好的方案…… / stopping; the best so far is kept")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _telling(step: Callable[[str], None]) -> Callable[[float, float], None]:
    """Show the best so far and the bound on the terminal."""

    def tell(value: float, bound: float) -> None:
        shown = [f"{x:,.0f}" if math.isfinite(x) and abs(x) < 1e15 else "—" for x in (value, bound)]
        step(f"求解 / solving：目前最好 best {shown[0]}，界 bound {shown[1]}")

    return tell


def _run(job: Job, asked: Any, keys: list[str], kinds: list[str]) -> None:
    from .assessment import assess
    from .coverage.siting.answers import Watch
    from .folder import claimed, publish
    from .report_public import is_public, keep_passport, published
    from .siting import plan_sites, ready
    from .siting_choices import choices
    from .siting_problem import problem_of
    from .siting_tables import summary, write_siting

    with claimed(job.out) as folder, steps() as step:
        study, measured = job.measured(step)
        step("候选点的出行时间 / candidates")
        wanted = keys or [study.standards[0].key]
        problem = problem_of(study, measured, wanted, types=kinds, cache=job.cache)
        step("准备求解（首次编译约半分钟）/ kernels")
        ready(problem, asked.model, medians=True)
        watches = [Watch(asked.seconds, _telling(step))]
        with stoppable(watches):
            found = plan_sites(problem, asked, watches[0])
            step("曲线、替代方案与公平的代价 / curve, alternatives, price of equity")
            watches.append(Watch(max(asked.seconds / 2, 1.0), stop=watches[0].stop))
            extra = choices(found, watches[1])
        facts = job.passport(study, measured, assess(study, measured))
        facts["siting"] = summary(found, extra)

        def write(new: Path) -> None:
            write_siting(new, found, extra)
            keep_passport(new, study, facts)

        manifest = publish(folder, write, published(facts, study))
    report([*noticed(measured), *measured.warnings, *problem.left_out])
    if job.as_json:
        result = {"status": "ok", "out": str(folder), **_renamed(facts["siting"]),
                  "files": manifest["files"]}  # fmt: skip
        print(json.dumps(result, ensure_ascii=False, default=_plain))
    else:
        _print(found, extra, folder)
        if is_public(study):
            print_public(folder)
    raise typer.Exit(exit_code(manifest["tables"]))


def _renamed(siting: dict[str, Any]) -> dict[str, Any]:
    """Keep the status of the command apart from that of the answer."""
    return {("proof" if key == "status" else key): value for key, value in siting.items()}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _print(found: Siting, extra: Choices, folder: Path) -> None:
    from rich.console import Console

    from .siting_brief import brief, closing, headlines

    console = Console(highlight=False)
    for line in headlines(found):
        console.print(line, soft_wrap=True)
    for title, sheet in brief(found, extra).items():
        _show(console, title, sheet)
    for line in closing(found, extra):
        console.print(line, soft_wrap=True)
    console.print(f"结果 results: {folder}", soft_wrap=True)


def _show(console: Any, title: str, sheet: pd.DataFrame) -> None:
    from rich.table import Table

    table = Table(title=title, box=None, title_justify="left")
    for name in sheet:
        numeric = all(not isinstance(cell, str) for cell in sheet[name])
        table.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in sheet.itertuples(index=False):
        table.add_row(*(_cell(cell) for cell in row))
    console.print(table)


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "—"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
