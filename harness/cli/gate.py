"""The command that gates a change: `contactbench gate`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..wording import quantity
from .options import (
    Json,
    Junit,
    Profile,
    Seed,
    Summary,
    ThresholdFile,
    ThresholdOptions,
    Thresholds,
    number,
    threshold_options,
)
from .output import as_document, exit_with, progress, report_errors, show, write_report

if TYPE_CHECKING:
    from ..gate import GateOrder

EXPECTED = Path("tests/benchmarks/expected/counts.json")


def gate(
    layers: Annotated[str, typer.Option(help="Any of counts, instructions and wall, comma-separated.")] = (
        "counts,instructions,wall"
    ),
    run: Annotated[
        Path | None, typer.Option(help="Check this finished run against --threshold, instead of the layers.")
    ] = None,
    threshold: Thresholds = None,
    thresholds: ThresholdFile = None,
    expected: Annotated[Path, typer.Option(help="The expected counts.")] = EXPECTED,
    update: Annotated[bool, typer.Option("--update", help="Write the current counts as the expected ones.")] = False,
    leads: Annotated[
        int, typer.Option(**number(1), help="With --update: leads of the comparison that is counted.")
    ] = 4000,
    profile: Profile = "default",
    seed: Seed = 1,
    base: Annotated[str | None, typer.Option(help="Git ref to compare with. [where this branch began]")] = None,
    base_tree: Annotated[Path | None, typer.Option(help="A checkout of the base, instead of --base.")] = None,
    head_tree: Annotated[Path, typer.Option(help="A checkout of the version to check.")] = Path(),
    upload_leads: Annotated[
        int, typer.Option(**number(0), help="Leads of the uploads that are timed; 0 times none.")
    ] = 20_000,
    only: Annotated[list[str] | None, typer.Option(help="Only hot paths whose name contains this; repeatable.")] = (
        None
    ),
    accept: Annotated[str, typer.Option(help="Let a failure pass this once; the reason is kept in gate.json.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for gate.json, the comparison and callgrind's files.")] = Path(
        "runs/gate"
    ),
    junit: Junit = None,
    summary: Summary = None,
    as_json: Json = False,
) -> None:
    """Fail (exit 99) if this version sends more, computes more or takes longer than another; or check a run."""
    from .. import gate
    from ..gate import counts

    with report_errors(as_json) as status:
        status.begin("checking")
        if run is not None:
            _check_run(run, threshold_options(threshold, thresholds, junit, summary), as_json)
        elif update:
            gate.update(counts.Workload(leads=leads, seed=seed, profile=profile), expected, out, progress)
            progress(f"written: {expected}")
        else:
            order = gate.GateOrder(
                layers=[name.strip() for name in layers.split(",")],
                expected=expected,
                out=out,
                base=base,
                base_tree=base_tree,
                head_tree=head_tree,
                upload_leads=upload_leads,
                only=only or (),
                accepted=accept,
            )
            _check_version(order, junit, summary, as_json)


def _check_run(run: Path, limits: ThresholdOptions, as_json: bool) -> None:
    """Evaluate thresholds on a finished run, and add the result to its run.json and report."""
    from ..errors import UsageError, VerifyFailed
    from ..runs.run_document import complaint
    from ..thresholds.run_metrics import document_of

    if not limits.thresholds:
        raise UsageError("NO_THRESHOLDS", "a run is checked against thresholds; give --threshold or --thresholds.")
    document = document_of(run)
    problem, failure = limits.problem(document, run), complaint(document)
    progress(f"report: {write_report(run)[0]}")
    if problem is None and isinstance(failure, VerifyFailed):
        problem = failure
    if as_json:
        show(document | as_document(problem), as_json)
    exit_with(problem)


def _check_version(order: "GateOrder", junit: Path | None, summary: Path | None, as_json: bool) -> None:
    from .. import gate
    from ..checks import require_ours, write

    require_ours(junit, summary)
    checks, document = gate.gate(order, progress)
    problem = gate.refusal(checks)
    for check in checks:
        progress(check.line())
    write(checks, "Gate", to_junit=junit, to_summary=summary, environ=os.environ)
    if "counts" in order.layers:
        progress(f"report: {write_report(order.out / 'counts')[0]}")
    if as_json:
        show(document | as_document(problem), as_json)
    if problem is None:
        progress(f"passed: {quantity(len(checks), 'check')}")
    if problem is not None and order.accepted:
        progress(f"accepted, {order.accepted}: {problem}")
    else:
        exit_with(problem)
