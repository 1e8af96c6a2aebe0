"""Where the ids that an operation needs come from, as links of the document."""

from collections.abc import Iterator
from typing import Any, NamedTuple

_LIST = "$request.path.contactListId"


class _Source(NamedTuple):
    """An operation whose answer holds an id, and the operations, by the start of their names, that take it."""

    op: str
    parameter: str
    expression: str
    takers: tuple[str, ...]
    also: tuple[tuple[str, str], ...] = ()  # other parameters and where they come from


_SOURCES = (
    _Source("lists.create", "contactListId", "$response.body#/id", ("lists.", "contacts.", "import.", "export.")),
    _Source("list_templates.create", "templateId", "$response.body#/id", ("list_templates.",)),
    _Source("import_templates.create", "templateId", "$response.body#/id", ("import_templates.",)),
    _Source("filters.create", "filterId", "$response.body#/id", ("filters.",)),
    _Source("dnc.create", "dncListId", "$response.body#/id", ("dnc.",)),
    _Source("channels.create", "channelId", "$response.body#/id", ("channels.head", "subscriptions.")),
    _Source("divisions.home", "divisionId", "$response.body#/id", ("divisions.",)),
    _Source("events.list", "eventId", "$response.body#/entities/0/id", ("events.",)),
    _Source("limits.namespaces", "namespace", "$response.body#/entities/0", ("limits.",)),
    _Source("contacts.add", "contactId", "$response.body#/0/id", ("contacts.",), (("contactListId", _LIST),)),
    _Source("contacts.bulk_remove", "jobId", "$response.body#/id", ("contacts.",), (("contactListId", _LIST),)),
    _Source("contacts.bulk_update", "jobId", "$response.body#/id", ("contacts.",), (("contactListId", _LIST),)),
    _Source("export.create", "downloadId", "$response.body#/id", ("export.download",)),
    _Source("dnc.export_create", "downloadId", "$response.body#/id", ("export.download",)),
)


def links(op: str, takers: dict[str, set[str]]) -> dict[str, Any]:
    """The links of an operation's answer. `takers` are the path parameters of each operation."""
    return {name: link for source in _SOURCES if source.op == op for name, link in _of(source, takers)}


def _of(source: _Source, takers: dict[str, set[str]]) -> Iterator[tuple[str, Any]]:
    given = {source.parameter: source.expression, **dict(source.also)}
    for op, needed in takers.items():
        if op != source.op and source.parameter in needed and op.startswith(source.takers):
            parameters = {name: expression for name, expression in given.items() if name in needed}
            yield op, {"operationId": op, "parameters": parameters}
