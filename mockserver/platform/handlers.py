"""What a client asks before it works: which org this is, whose token it holds, and whether anybody is there."""

import msgspec
from aiohttp import web

from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.access import TOKEN
from mockserver.http.responses import mock_version
from mockserver.operations import OPERATIONS
from mockserver.state.org import Org


class Platform:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def organization(self, request: web.Request) -> PendingOperation:
        """Source: SDK 269.0.0 models/organization.py, the fields that matter here."""
        del request
        body = {
            "id": self._org.id,
            "name": self._name,
            "domain": "contactbench.invalid",
            "state": "active",
            "selfUri": f"/api/v2/organizations/{self._org.id}",
        }
        return _answering(body)

    async def token(self, request: web.Request) -> PendingOperation:
        """Source: SDK 269.0.0 models/token_info.py."""
        organization = {"id": self._org.id, "name": self._name}
        client = {"id": request[TOKEN].client_id, "organization": organization}
        return _answering({"organization": organization, "homeOrganization": organization, "OAuthClient": client})

    async def revoke_token(self, request: web.Request) -> PendingOperation:
        """Make the token worthless at once."""
        token = request[TOKEN]

        def commit() -> Response:
            self._org.tokens.revoke(token)
            return Response()

        return PendingOperation(commit)

    async def health(self, request: web.Request) -> PendingOperation:
        del request
        return _answering({"status": "ok"})

    @property
    def _name(self) -> str:
        return f"contactbench mock {self._org.name}".rstrip()


def _answering(body: object) -> PendingOperation:
    return PendingOperation(lambda: json_response(body))


# GET /openapi.json. The document is made at the first request: a start of the mock does not wait for it.


class OpenApi:
    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._made = b""

    async def document(self, request: web.Request) -> PendingOperation:
        """Answer with the same bytes each time."""
        del request
        return PendingOperation(lambda: Response(body=self._bytes()))

    def _bytes(self) -> bytes:
        if not self._made:
            from mockserver.openapi.document import document

            self._made = msgspec.json.encode(document(OPERATIONS, mock_version(), strict=self._strict))
        return self._made
