"""Limits that a run has to keep, as expressions: `p95(contacts.add)<1500ms`, `mapped==leads`.

`load_thresholds` reads what a command was given before anything is sent, `evaluate_run` compares the run folder with it
and adds the result to run.json, `threshold_error` makes the error. docs/gate.md describes the language.
"""
