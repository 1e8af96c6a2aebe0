"""What becomes of a run's thresholds once it has ended: judged, written down, and an exit code if one is crossed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..checks import FAILED
from ..errors import RunError
from ..mapping.files import write_json
from ..wording import counted
from .judging import Judgement, judge
from .language import Threshold
from .reading import facts_of


class ThresholdCrossed(RunError):
    exit_code = FAILED


def held(document: dict[str, Any], folder: Path, thresholds: Sequence[Threshold]) -> list[Judgement]:
    """The judgements, which `document` and the folder's run.json hold from now on. Raises UsageError for a metric that
    the run does not have."""
    judgements = judge(thresholds, facts_of(folder))
    document["thresholds"] = [one.entry() for one in judgements]
    write_json(folder / "run.json", document)
    return judgements


def crossed(judgements: Sequence[Judgement]) -> ThresholdCrossed | None:
    """What to tell whoever asked for these."""
    missed = [f"{one.strategy}: {one.threshold.text} ({one.told()})" for one in judgements if not one.passed]
    if not missed:
        return None
    return ThresholdCrossed(
        "THRESHOLD",
        f"{len(missed)} of {counted(len(judgements), 'threshold')} {'is' if len(missed) == 1 else 'are'} crossed:"
        f" {'; '.join(missed)}.",
    )
