"""Limits that a run has to keep, written as expressions: `p95(contacts.add)<1500ms`, `mapped==leads`.

`load_thresholds` reads a command's thresholds before anything is sent, `evaluate_run` evaluates them on the run folder
and adds the result to run.json, `threshold_error` returns the error, if any. docs/gate.md describes the language.
"""
