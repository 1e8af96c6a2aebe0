"""What the mock serves, as an OpenAPI 3.1 document; in `strict`, requests and answers are held against it.

The document's schemas are made from the types of the rows, and strict mode reads bodies with them, so the two cannot
disagree.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from mockserver.operations.bodies import ErrorBody, Sent
from mockserver.operations.documents import KINDS
from mockserver.operations.operation import Operation, Parameter


def error_codes(operation: Operation, *, strict: bool = False) -> dict[int, list[str]]:
    """Everything the operation is refused with, by status."""
    codes: dict[int, list[str]] = {}
    of_strict_mode = ((400, "invalid.property"), (400, "invalid.value")) if strict else ()
    own = ((status, code) for status, listed in operation.codes.items() for code in listed)
    for status, code in (*_common(operation), *own, *of_strict_mode):
        if code not in codes.setdefault(status, []):
            codes[status].append(code)
    return dict(sorted(codes.items()))


def _common(operation: Operation) -> Iterator[tuple[int, str]]:
    yield 400, "bad.request"
    if operation.auth:
        yield 401, "authentication.required"
        yield 401, "bad.credentials"
    if operation.permission:
        yield 403, "missing.permissions"
    if "{" in operation.path:
        yield 404, "not.found"
    if operation.body is not None or operation.form:
        yield 413, "request.entity.too.large"
    yield 415, "unsupported.media.type"
    yield 421, "misdirected.request"
    if operation.auth or operation.op == "oauth.token":
        yield 429, "too.many.requests.retry.after"
    yield 500, "internal.server.error"
    yield 504, "request.timeout"
    yield 507, "insufficient.storage"


# Where the ids that an operation needs come from, as links of the document.


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
    *(_Source(f"{each.name}.create", "documentId", "$response.body#/id", (f"{each.name}.",)) for each in KINDS),
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


Schema = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_JSON = "application/json"
_REF = "#/components/schemas/{name}"
_BEARER: list[dict[str, list[str]]] = [{"oauth": []}, {"bearer": []}]  # either will do
_REDIRECTS = ("302", "303", "307")  # which one, a setting of the profile decides


def document(table: Sequence[Operation], version: str, *, strict: bool = False) -> dict[str, Any]:
    """The document of these operations; `strict` says that unknown parameters and fields are refused."""
    schemas = _Schemas(table, strict=strict)
    paths: dict[str, dict[str, Any]] = {}
    takers = {each.op: {_camel(name) for name in _PARAMETER.findall(each.path)} for each in table}
    for operation in table:
        path = _PARAMETER.sub(lambda found: "{" + _camel(found[1]) + "}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(
            operation, schemas, links(operation.op, takers)
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "contactbench mock of Genesys Cloud outbound contact lists",
            "version": version,
            "description": "What this mock serves, which is not all that Genesys Cloud does. operationId is the name"
            " that fault rules, ledger and profiles have for an operation.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}},
                        "implicit": {"authorizationUrl": "/oauth/authorize", "scopes": {}},
                        "authorizationCode": {
                            "authorizationUrl": "/oauth/authorize",
                            "tokenUrl": "/oauth/token",
                            "scopes": {},
                        },
                    },
                },
                "bearer": {"type": "http", "scheme": "bearer"},
                "client": {"type": "http", "scheme": "basic"},
            },
        },
    }


class _Schemas:
    """The schema of every type that the operations name."""

    def __init__(self, operations: Sequence[Operation], *, strict: bool) -> None:
        self.strict = strict
        types = list({str(each): each for one in operations for each in _types(one)}.values())
        made, self.components = msgspec.json.schema_components(types, ref_template=_REF)
        _forget_types_of_enumerations(self.components)
        self._by_type = {str(each): schema for each, schema in zip(types, made, strict=True)}
        if not strict:
            for name in _sent_names():
                self.components.get(name, {}).pop("additionalProperties", None)

    def of(self, kind: Any) -> Schema:
        return self._by_type[str(kind)]


def _forget_types_of_enumerations(schema: Any) -> None:
    """An enumeration says all by its values, be it a Literal or a text that a handler checks."""
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _forget_types_of_enumerations(each)
    if isinstance(schema, dict) and "enum" in schema:
        schema.pop("type", None)


def _types(operation: Operation) -> Iterator[Any]:
    yield ErrorBody
    yield from (each for each in (operation.answer, operation.body, operation.errors) if each is not None)
    for parameter in operation.query:
        yield parameter.type


def _sent_names() -> set[str]:
    known, found = [Sent], set()
    while known:
        kind = known.pop()
        found.add(kind.__name__)
        known += kind.__subclasses__()
    return found


def _operation(operation: Operation, schemas: _Schemas, following: Schema) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": operation.op, "tags": [operation.op.partition(".")[0]]}
    path = [
        {"name": _camel(name), "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PARAMETER.findall(operation.path)
    ]
    told["security"] = _security(operation)
    if operation.permission:
        told["x-permissions"] = operation.permission.split()
    told["summary"] = operation.summary
    told["parameters"] = path + [_parameter(each, schemas) for each in operation.query]
    if content := _request_content(operation, schemas):
        told["requestBody"] = {"required": not operation.optional_body, "content": content}
    codes = error_codes(operation, strict=schemas.strict)
    refusals = {str(status): _refusal(listed, operation, schemas) for status, listed in codes.items()}
    told["responses"] = _successes(operation, schemas, following) | refusals
    told["x-error-codes"] = {str(status): listed for status, listed in codes.items()}
    return told


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.auth:
        return _BEARER
    # The secret comes with Basic authentication, or in the form if the profile lets it.
    return [{"client": []}, {}] if operation.op == "oauth.token" else []


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    schema = schemas.of(parameter.type)
    told: dict[str, Any] = {"name": parameter.name, "in": "query", "required": parameter.required}
    if parameter.text:
        told["description"] = parameter.text
    if parameter.many:
        of_many: Schema = {"type": "array", "items": schema}
        if parameter.required:
            of_many |= {"minItems": 1, "items": {**schema, "minLength": 1, "pattern": "^[^,]+$"}}
        return told | {"style": "form", "explode": False, "schema": of_many}
    return told | {"schema": schema}


def _request_content(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    if operation.form:
        return {media: {"schema": schema} for media, schema in operation.form.items()}
    if operation.body is None:
        return {}
    schema = schemas.of(operation.body)
    content: Schema = {"schema": {"anyOf": [schema, {"type": "null"}]} if operation.optional_body else schema}
    return {_JSON: content if operation.example is None else content | {"example": operation.example}}


def _successes(operation: Operation, schemas: _Schemas, following: Schema) -> dict[str, Any]:
    """`following` are links to what can be asked next."""
    content: dict[str, Any] = {}
    if operation.answer is not None:
        content = {"content": {_JSON: {"schema": schemas.of(operation.answer)}}}
    elif operation.media_type == "text/csv":
        content = {"content": {"text/csv": {"schema": {"type": "string"}}}}
    done = {"description": "Done.", **content, **({"links": following} if following else {})}
    told: dict[str, Any] = {str(status): done for status in operation.statuses}
    if operation.redirects:
        location = {"Location": {"required": True, "schema": {"type": "string"}}}
        told |= {status: {"description": "The way to the file.", "headers": location} for status in _REDIRECTS}
    return told


def _refusal(codes: Sequence[str], operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    schema = {"application/xml": {"schema": {"type": "string"}}} if operation.media_type == "application/xml" else {}
    kinds = [ErrorBody] if operation.errors in (None, str) else [operation.errors, ErrorBody]
    json = [schemas.of(kind) for kind in kinds]
    content = {_JSON: {"schema": json[0] if len(json) == 1 else {"anyOf": json}}, **schema}
    return {"description": ", ".join(codes), "content": content}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
