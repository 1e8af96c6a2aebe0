"""Bodies are read as the platform reads them: unknown fields are ignored, and enumerations have no case."""

from typing import Annotated, Literal

import msgspec
import pytest

from mockserver.operations.bodies import Sent, SentReference, ServersOwn, in_platform_spelling, one_of, read_as


class Part(Sent, frozen=True, kw_only=True):
    how: Annotated[str, one_of(("AND", "OR"))] | None = None
    of_type: Literal["Text", "Number"] | None = None


class Whole(Sent, frozen=True, kw_only=True):
    id: ServersOwn = None
    parts: list[Part] | None = None
    by_name: dict[str, Part] | None = None
    reference: SentReference | None = None


@pytest.mark.parametrize(("sent", "read"), [
    ({"parts": [{"how": "and", "ofType": "NUMBER"}]}, Whole(parts=[Part(how="AND", of_type="Number")])),
    ({"byName": {"and": {"how": "Or"}}}, Whole(by_name={"and": Part(how="OR")})),
    ({"parts": [{"how": "xor"}, {}]}, Whole(parts=[Part(how="xor"), Part()])),  # the handler will refuse it
    ({"id": "own", "colour": "red", "reference": {"id": "r", "name": 5}}, Whole(reference=SentReference(id="r"))),
])  # fmt: skip
def test_a_body(sent, read):
    """Depth makes no difference, and what is the server's own is not read at all."""
    assert read_as(sent, Whole) == read


@pytest.mark.parametrize("sent", [[], None, {"parts": {}}, {"parts": [{"ofType": "texts"}]}, {"byName": [{}]}])
def test_a_body_of_another_form(sent):
    """It is refused as msgspec refuses it."""
    with pytest.raises(msgspec.ValidationError):
        read_as(sent, Whole)


def test_lists_and_plain_types():
    """A body need not be an object."""
    assert read_as([{"how": "and"}], list[Part]) == [Part(how="AND")]
    assert read_as(["and"], list[str]) == ["and"]


def test_a_spelling_leaves_all_else_as_it_is():
    """Strict mode looks at what is left."""
    assert in_platform_spelling({"colour": "red", "parts": [{"how": "and", "id": 1}]}, Whole) == {
        "colour": "red",
        "parts": [{"how": "AND", "id": 1}],
    }
