"""Limits that a run has to keep, as expressions: `p95(contacts.add)<1500ms`, `mapped==leads`.

`gathering.gathered` reads those that a command was given, before anything is sent; `held.held` judges them by the run
folder and notes it in run.json, `held.crossed` says what to tell of it. docs/gate.md has the language.
"""
