"""The ways to load leads and learn their contact ids. The one registry."""

from ..errors import UsageError
from .batch_api import BatchApi, BatchApiOwnIds
from .csv_import import CsvImportExport, CsvImportOwnIds, CsvImportSearch
from .job import Strategy

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (BatchApi(), BatchApiOwnIds(), CsvImportExport(), CsvImportOwnIds(), CsvImportSearch())
}
MAIN = ("batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids")


def strategy(name: str) -> Strategy:
    try:
        return STRATEGIES[name]
    except KeyError:
        known = ", ".join(STRATEGIES)
        raise UsageError("UNKNOWN_STRATEGY", f"{name!r}; choose from {known}.") from None
