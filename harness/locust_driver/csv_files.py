"""Locust's --csv files, whole: by itself it writes once a second, and the last second of a test is missing."""

import time
from typing import Any

from locust.stats import StatsCSVFileWriter


class WholeCsvFiles(StatsCSVFileWriter):  # type: ignore[misc]  # Locust has no types
    """Written once more when a test has ended: later, --json takes the figures away."""

    def __init__(self, environment: Any, *arguments: Any) -> None:
        super().__init__(environment, *arguments)
        environment.events.test_stop.add_listener(self._write)

    def _write(self, **_: Any) -> None:
        files: list[tuple[Any, Any, Any]] = [
            (self.requests_csv_filehandle, self.requests_csv, self.requests_csv_writer),
            (self.failures_csv_filehandle, self.failures_csv, self.failures_csv_writer),
            (self.exceptions_csv_filehandle, self.exceptions_csv, self.exceptions_csv_writer),
        ]
        for file, write, writer in files:
            file.seek(0)
            write(writer)
            file.truncate()
        self._stats_history_data_rows(self.stats_history_csv_writer, time.time())
