"""Limits that a run has to keep, as expressions: `p95(contacts.add)<1500ms`, `mapped==leads`.

`parse` reads one, `facts_of` a run folder, `judge` says which limits were kept. docs/gate.md has the language.
"""

from .facts import Facts
from .gathering import gathered
from .judging import Judgement, judge
from .language import Threshold, parse
from .reading import facts_of

__all__ = ["Facts", "Judgement", "Threshold", "facts_of", "gathered", "judge", "parse"]
