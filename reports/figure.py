"""A drawing of the report together with the same in words and numbers."""

from dataclasses import dataclass

from reports.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Where `svg` is empty, `missing` says why."""

    title: str
    caption: str
    alternative: str
    data: Table
    svg: str = ""
    missing: str = ""
