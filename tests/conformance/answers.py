"""Whether an answer is what the SDK's models say: known names, the types they declare, values of their enumerations."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import PureCloudPlatformClientV2 as Genesys
import pytest
from PureCloudPlatformClientV2.rest import ApiException

_TYPES = {"str": (str,), "datetime": (str,), "date": (str,), "int": (int,), "bool": (bool,), "float": (int, float)}
_UNKNOWN_VALUE = "outdated_sdk_version"  # what the SDK makes of a value that its enumeration lacks


def discrepancies(value: Any, kind: str, at: str = "$") -> Iterator[str]:
    """Where a JSON value is not of `kind`, a type as the SDK's models write it: "list[DialerContact]"."""
    if kind.startswith("list["):
        for position, each in enumerate(value):
            yield from discrepancies(each, kind[5:-1], f"{at}[{position}]")
    elif kind.startswith("dict("):
        for key, each in value.items():
            yield from discrepancies(each, kind[5:-1].partition(", ")[2], f"{at}[{key!r}]")
    elif kind == "object":
        return  # anything
    elif kind not in _TYPES:
        yield from _of_model(value, getattr(Genesys, kind)(), at)
    elif type(value) not in _TYPES[kind]:
        yield f"{at} is {value!r}, not of type {kind}"


def _of_model(value: dict[str, Any], model: Any, at: str) -> Iterator[str]:
    attributes = {name: attribute for attribute, name in model.attribute_map.items()}
    for name, each in value.items():
        if name not in attributes:
            yield f"{at}.{name} is unknown to {type(model).__name__}"
            continue
        yield from discrepancies(each, model.swagger_types[attributes[name]], f"{at}.{name}")
        setattr(model, attributes[name], each)
        if getattr(model, attributes[name]) == _UNKNOWN_VALUE:
            yield f"{at}.{name} is {each!r}, which the SDK does not know"


class CheckedClient(Genesys.api_client.ApiClient):
    """The SDK's client, which also looks at what it reads. Nothing of the SDK is replaced."""

    def call_api(self, *args: Any, **options: Any) -> Any:
        """Answers of operations that answer nothing are empty; refusals are the platform's error body."""
        try:
            value = super().call_api(*args, **options)
        except ApiException as refusal:
            check_refusal(refusal)
            raise
        assert options.get("response_type") or not self.last_response.data
        return value

    def deserialize(self, response: Any, response_type: str) -> Any:
        assert response.getheader("Content-Type") == "application/json"
        assert [*discrepancies(json.loads(response.data), response_type)] == []
        return super().deserialize(response, response_type)


def check_refusal(refusal: ApiException) -> None:
    """The body is an ErrorBody that repeats the status, and names the request as the header does."""
    body = json.loads(refusal.body)
    assert [*discrepancies(body, "ErrorBody")] == []
    assert (body["status"], body["contextId"]) == (refusal.status, refusal.headers["ININ-Correlation-Id"])


@contextmanager
def refused(status: int, code: str) -> Iterator[None]:
    """What happens inside is refused by the API with this status and code."""
    with pytest.raises(ApiException) as refusal:
        yield
    assert (refusal.value.status, json.loads(refusal.value.body)["code"]) == (status, code)
