"""The ways to load leads and learn their contact ids. The one registry."""

from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules

from ..errors import UsageError
from .job import Strategy

# Every strategy that a module of this room defines.
STRATEGIES: dict[str, Strategy] = {
    each.name: each()
    for module in iter_modules(__path__, f"{__name__}.")
    for each in vars(import_module(module.name)).values()
    if isinstance(each, type) and issubclass(each, Strategy) and not isabstract(each)
}
MAIN = ("batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids")


def strategy(name: str) -> Strategy:
    try:
        return STRATEGIES[name]
    except KeyError:
        known = ", ".join(STRATEGIES)
        raise UsageError("UNKNOWN_STRATEGY", f"{name!r}; choose from {known}.") from None
