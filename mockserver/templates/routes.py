"""The operations on templates. Permissions: official CLI 166.0.0; of the bulk operations: an assumption."""

from typing import Any

from mockserver.handling import Handler
from mockserver.lists.entities import Entities
from mockserver.templates.import_templates import ImportTemplates
from mockserver.templates.list_templates import ContactListTemplates

Row = tuple[str, str, str, Handler, str]


def template_rows(lists: ContactListTemplates, imports: ImportTemplates) -> list[Row]:
    """Rows of the route table."""
    see_lists, see_imports = "outbound:contactListTemplate:view", "outbound:importTemplate:view"
    status = imports.path + "/{template_id}/importstatus"
    return [
        ("list_templates.bulk_get", "POST", lists.path + "/bulk/retrieve", lists.bulk_retrieve, see_lists),
        *_rows("list_templates", lists, "outbound:contactListTemplate"),
        ("import_templates.status", "GET", status, imports.status, see_imports),
        *_rows("import_templates", imports, "outbound:importTemplate"),
    ]


def _rows(name: str, entities: Entities[Any, Any], permission: str) -> list[Row]:
    """What every kind of configuration can be asked."""
    every, one = entities.path, entities.path + "/{" + entities.id_name + "}"
    return [
        (f"{name}.create", "POST", every, entities.create, f"{permission}:add"),
        (f"{name}.list", "GET", every, entities.list, f"{permission}:view"),
        (f"{name}.delete_many", "DELETE", every, entities.delete_many, f"{permission}:delete"),
        (f"{name}.bulk_add", "POST", f"{every}/bulk/add", entities.bulk_add, f"{permission}:add"),
        (f"{name}.get", "GET", one, entities.get, f"{permission}:view"),
        (f"{name}.update", "PUT", one, entities.update, f"{permission}:edit"),
        (f"{name}.delete", "DELETE", one, entities.delete, f"{permission}:delete"),
    ]
