"""The token endpoint: client credentials in, a bearer token out."""

import base64
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from mockserver.errors import OAuthError, TooManyRequests
from mockserver.handling import PendingOperation, Response
from mockserver.http.body import read_body
from mockserver.state.auth import OAuthClient
from mockserver.state.org import Org

_FORM_BYTES = 64 * 1024
_FORM = "application/x-www-form-urlencoded"


class OAuth:
    """Source: the official SDKs' clients and what third-party ones live with (contract notes, OAuth)."""

    def __init__(self, org: Org) -> None:
        self._org = org

    async def token(self, request: web.Request) -> PendingOperation:
        """Issue a token to a client that knows its secret. Refusals are 400 with a body of their own, never 401."""
        form = await self._form(request)
        client_id, secret = self._credentials(request, form)
        self._limit(client_id)
        self._check_grant(form)
        client = self._client(client_id, secret)
        return PendingOperation(lambda: self._issue(client))

    async def _form(self, request: web.Request) -> dict[str, str]:
        """The fields of the form, each given once."""
        raw = await read_body(request, _FORM_BYTES)
        if request.content_type != _FORM:
            raise OAuthError("invalid_request", f"expected a body of type {_FORM}")
        try:
            fields = parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=20)
        except ValueError as error:  # neither UTF-8 nor a short form
            raise OAuthError("invalid_request", "the form cannot be read") from error
        if any(len(values) > 1 for values in fields.values()):
            raise OAuthError("invalid_request", "a field is repeated")
        return {name: values[0] for name, values in fields.items()}

    def _credentials(self, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
        """Client id and secret, from the Basic header or, if the profile lets them, from the form."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError as error:  # neither Base64 nor UTF-8
                raise _unknown_client() from error
            return client_id, secret
        if self._org.profile.semantics.form_credentials and "client_id" in form:
            return form["client_id"], form.get("client_secret", "")
        raise _unknown_client()

    def _limit(self, client_id: str) -> None:
        """The endpoint's own limit. Clients that do not exist share one window, so that they cannot fill the memory."""
        rate = self._org.profile.rate
        own = msgspec.structs.replace(rate, requests_per_window=self._org.profile.tokens.requests_per_window, per_op={})
        bucket = f"oauth:{client_id}" if client_id in self._org.clients else "oauth"
        decision = self._org.limiter.admit(bucket, "oauth.token", own, self._org.clock.now())
        if decision and not decision.admitted:
            raise TooManyRequests(decision.retry_after_s)

    def _check_grant(self, form: dict[str, str]) -> None:
        """Source: RFC 6749 section 5.2; what the platform says is not documented."""
        grant = form.get("grant_type")
        if not grant:
            raise OAuthError("invalid_request", "grant_type is missing")
        if grant != "client_credentials":
            raise OAuthError("unsupported_grant_type", "only client_credentials is supported")

    def _client(self, client_id: str, secret: str) -> OAuthClient:
        """Answers to an unknown client and to a wrong secret are the same. Source: public client tests."""
        client = self._org.clients.get(client_id)
        if client is None or not client.secret_is(secret):
            raise _unknown_client()
        return client

    def _issue(self, client: OAuthClient) -> Response:
        secret = self._org.rng_for("tokens").randbytes(32).hex()
        lifetime_s, at_most = self._org.profile.tokens.lifetime_s, self._org.profile.tokens.per_client
        self._org.tokens.issue(secret, client.id, self._org.clock.now(), lifetime_s, at_most)
        body = {"access_token": secret, "token_type": "bearer", "expires_in": lifetime_s}
        return Response(body=msgspec.json.encode(body))


def _unknown_client() -> OAuthError:
    return OAuthError("invalid_client", "authentication failed")
