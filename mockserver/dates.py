"""Dates as they are written in requests and cells: ISO 8601, or relative to now."""

import re
from datetime import UTC, datetime, timedelta

_RELATIVE = re.compile(r"(-?)P(?:(-?\d{1,4})D)?(?:T?(?:(-?\d{1,4})H)?(?:(-?\d{1,4})M)?)", re.ASCII)


def date_in(text: str) -> datetime | None:
    """The moment an ISO 8601 text names, or None. Without an offset it is UTC (Assumption)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def relative_date_in(text: str, now: float) -> datetime | None:
    """The moment `PxxDTyyHzzM` from now, or None: `P01DT00H-30M` is 23 hours and a half from now.

    Source: SDK 269.0.0 models/contact_list_filter_predicate.py. Assumption: a minus before all of it turns it around.
    """
    match = _RELATIVE.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups()[1:])
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    return datetime.fromtimestamp(now, UTC) + (-duration if match[1] else duration)
