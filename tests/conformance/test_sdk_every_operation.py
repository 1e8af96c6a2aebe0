"""All operations of the official OutboundApi, called by the Python SDK: with right input, with wrong input, and those
that the mock has not."""

import inspect
import json
import re

import msgspec
import PureCloudPlatformClientV2 as Genesys
import pytest
from msgspec.inspect import LiteralType, Metadata, UnionType
from msgspec.inspect import type_info as inspect_type
from PureCloudPlatformClientV2.rest import ApiException

from mockserver.operations import OPERATIONS, official_operations
from mockserver.operations.documents import KINDS

from .every_operation import Story

pytestmark = pytest.mark.conformance

SOURCE = inspect.getsource(Genesys.OutboundApi)
PARTS = dict(re.findall(r"\n    def (\w+)\((.*?)(?=\n    def |\Z)", SOURCE, re.DOTALL))


def in_sdk():
    """Method, path and name of each operation, as the SDK's code has them."""
    for name, part in PARTS.items():
        path = re.search(r"resource_path = '([^']+)'", part)
        method = re.search(r"call_api\(resource_path, '(\w+)'", part)
        if path and method:
            yield method[1], path[1], name


def without_names(path):
    return re.sub(r"{[^}]*}", "{}", path)


ALL = {name: (method, path) for method, path, name in in_sdk()}
AT = {(each.method, without_names(each.path)) for each in OPERATIONS}
SERVED = {name for name, (method, path) in ALL.items() if (method, without_names(path)) in AT}


def wrong(api, name):
    """Call it for ids that nobody has, or with a body that is no object, or for page 0. Raises ApiException."""
    method = getattr(api, name)
    needed = [each for each in inspect.signature(method).parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD]
    args = ["wrong" if each.name in ("body", "id") else "nobody" for each in needed]
    options = {"page_number": 0} if not needed and "'page_number'" in PARTS[name] else {}
    if [each.name for each in needed] == ["id"]:  # of many, where unknown ones are passed over
        args = [[""]]
    return method(*args, **options)


def test_the_table_is_the_sdk():
    """What tells an operation that is not imitated is what the SDK has, every one of it."""
    assert set(official_operations()) == {(method, path, name) for name, (method, path) in ALL.items()}
    assert len(ALL) == 177


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_fields_of_documents(kind):
    """A kind has the fields of the SDK's model, and those enumerations that its own fields have."""
    model = getattr(Genesys, kind.type.__name__)
    fields = {each.encode_name: each.type for each in msgspec.structs.fields(kind.type)}
    assert set(fields) == set(model().attribute_map.values())
    for attribute, name in model().attribute_map.items():
        setter = inspect.getsource(getattr(model, attribute).fset)
        if allowed := re.search(r"allowed_values = (\[.*?\])", setter):
            assert sorted(enumeration(fields[name])) == sorted(json.loads(allowed[1])), name


def enumeration(kind):
    """The values of the enumeration in a type, be they a Literal or told to the reader."""
    found = inspect_type(kind)
    parts = found.types if isinstance(found, UnionType) else (found,)
    return next(
        each.values if isinstance(each, LiteralType) else each.extra["spellings"]
        for each in parts
        if isinstance(each, LiteralType | Metadata)
    )


def test_right_input(api):
    """Every operation that is served succeeds, and no answer loses anything on its way through the SDK's models."""
    story = Story(api)
    story.tell()
    assert story.called == SERVED


def test_wrong_input(api):
    """Every operation that is served refuses with 400 or 404 what cannot be right, as the SDK's ErrorBody."""
    statuses = {name: status_of(lambda name=name: wrong(api, name)) for name in sorted(SERVED)}
    assert {name: status for name, status in statuses.items() if status not in (400, 404)} == {}


def test_the_others(api):
    """Every other is 501, tells its name, and leaves the mock as it was."""
    told = {}
    for name in sorted(ALL.keys() - SERVED):
        with pytest.raises(ApiException) as refusal:
            wrong(api, name)
        body = json.loads(refusal.value.body)
        told[name] = (refusal.value.status, body["code"], body["message"].split()[0])
    assert told == {name: (501, "mock.not.imitated", name) for name in ALL.keys() - SERVED}


def status_of(call):
    try:
        call()
    except ApiException as refusal:
        return refusal.status
    return 200
