"""The control API, and what it shows: ledger, journal, metrics."""
