"""Logins: client credentials for programs, the implicit grant and PKCE for pages in a browser."""

import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from aiohttp import web

from mockserver.errors import NotFound, OAuthError, TooManyRequests
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import read_body
from mockserver.state import Org
from mockserver.state.auth import OAuthClient

_FORM_BYTES = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
# Guessing becomes slow, and the right secret is taken at once: a lock-out would be a way to keep others out. Assumption
_QUICK_REFUSALS, _SLOW_S = 5, 1.0
_CODE_S = 60.0  # Assumption: how long a page may take to fetch its token


class _Code(NamedTuple):
    """An authorization code: good for one token, for the page that knows the text behind the challenge."""

    client: OAuthClient
    redirect_uri: str
    challenge: str
    expires_at: float


class OAuth:
    """Source: the official SDKs' clients and what third-party ones live with (contract notes, OAuth)."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._codes: dict[str, _Code] = {}
        self._wrong: Counter[str] = Counter()  # secrets in a row, by client

    async def token(self, request: web.Request) -> PendingOperation:
        """Issue a token to a client that knows its secret, or for a code. Refusals are 400 with a body of their own."""
        form = await self._form(request)
        is_login = form.get("grant_type") == "authorization_code"
        client_id, secret = self._credentials(request, form, by_form=is_login)
        self._limit(client_id)
        self._check_grant(form)
        if is_login:
            return PendingOperation(lambda: self._issue(self._redeem(client_id, form)))
        client = self._client(client_id, secret)
        return PendingOperation(lambda: self._issue(client))

    async def authorize(self, request: web.Request) -> PendingOperation:
        """Log the client in without asking, and redirect the browser with a token, or with a code for one.

        Source: JavaScript SDK 262.0.0, loginImplicitGrant and loginPKCEGrant; RFC 6749 section 4.2, RFC 7636.
        Assumption: refusals are shown in the browser instead of being sent to the page.
        """
        query = request.query
        client, back = self._org.clients.get(query.get("client_id", "")), query.get("redirect_uri", "")
        if client is None:
            raise _unknown_client()
        if _origin(back) not in self._org.browser_origins:
            raise OAuthError("invalid_request", "redirect_uri is not on an origin that --allow-origin names")
        state = {"state": query["state"]} if "state" in query else {}
        match query.get("response_type"):
            case "token":
                return PendingOperation(lambda: _redirect(back, fragment=self._new_token(client) | state))
            case "code" if query.get("code_challenge") and query.get("code_challenge_method") == "S256":
                challenge = query["code_challenge"]
                return PendingOperation(
                    lambda: _redirect(back, query={"code": self._new_code(client, back, challenge)} | state)
                )
            case "code":
                raise OAuthError("invalid_request", "a code needs a code_challenge of the method S256")
        raise OAuthError("unsupported_response_type", "response_type is token or code")

    async def _form(self, request: web.Request) -> dict[str, str]:
        """The fields of the form, or of the query if there is no body and the profile allows that; each once."""
        raw = await read_body(request, _FORM_BYTES)
        may_be_query = self._org.profile.semantics.query_logins
        if request.path != "/oauth/token" and not may_be_query:
            raise NotFound("The requested resource was not found.")
        if request.content_type != _FORM and (raw or not may_be_query):
            raise OAuthError("invalid_request", f"expected a body of type {_FORM}")
        try:
            form = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=20)
        except ValueError as error:  # neither UTF-8 nor a short form
            raise OAuthError("invalid_request", "the form cannot be read") from error
        fields = form if raw or not may_be_query else [*request.query.items()]
        if len(dict(fields)) < len(fields):
            raise OAuthError("invalid_request", "a field is repeated")
        return dict(fields)

    def _credentials(self, request: web.Request, form: dict[str, str], *, by_form: bool) -> tuple[str, str]:
        """Client id and secret, from the Basic header; from the form with `by_form` or if the profile allows that."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError as error:  # neither Base64 nor UTF-8
                raise _unknown_client() from error
            return client_id, secret
        if "client_id" in form and (by_form or self._org.profile.semantics.form_credentials):
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
        if grant not in ("client_credentials", "authorization_code"):
            raise OAuthError("unsupported_grant_type", "only client_credentials and authorization_code are supported")

    def _client(self, client_id: str, secret: str) -> OAuthClient:
        """Answers to an unknown client and to a wrong secret are the same. Source: public client tests."""
        client = self._org.clients.get(client_id)
        if client is None or not client.secret_is(secret):
            known = client_id if client else ""  # those that do not exist are one, so that they cannot fill the memory
            self._wrong[known] += 1
            raise _unknown_client(delay_s=_SLOW_S if self._wrong[known] > _QUICK_REFUSALS else 0.0)
        self._wrong[client_id] = 0
        return client

    def _new_code(self, client: OAuthClient, redirect_uri: str, challenge: str) -> str:
        now = self._org.clock.now()
        self._codes = {code: each for code, each in self._codes.items() if now < each.expires_at}
        code = secrets.token_hex(32)
        self._codes[code] = _Code(client, redirect_uri, challenge, now + _CODE_S)
        return code

    def _redeem(self, client_id: str, form: dict[str, str]) -> OAuthClient:
        """The client of the code, which is worth nothing from now on. Source: RFC 7636 section 4.6."""
        code = self._codes.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        shown = (challenge, client_id, form.get("redirect_uri"))
        if (
            code is None
            or self._org.clock.now() >= code.expires_at
            or shown != (code.challenge, code.client.id, code.redirect_uri)
        ):
            raise OAuthError("invalid_grant", "the code is unknown, spent or expired, or not for this client and page")
        return code.client

    def _new_token(self, client: OAuthClient) -> dict[str, Any]:
        lifetime_s, at_most = self._org.profile.tokens.lifetime_s, self._org.profile.tokens.per_client
        secret = self._org.tokens.issue(client.id, self._org.clock.now(), lifetime_s, at_most)
        return {"access_token": secret, "token_type": "bearer", "expires_in": lifetime_s}

    def _issue(self, client: OAuthClient) -> Response:
        return json_response(self._new_token(client))


def _redirect(back: str, *, query: Mapping[str, object] = {}, fragment: Mapping[str, object] = {}) -> Response:
    """To the page, with more in the query or in the fragment of its address."""
    parts = urlsplit(back)
    asked = "&".join(filter(None, (parts.query, urlencode(query))))
    to = parts._replace(query=asked, fragment=urlencode(fragment) or parts.fragment)
    return Response(status=302, headers={"Location": to.geturl()})


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _unknown_client(delay_s: float = 0.0) -> OAuthError:
    return OAuthError("invalid_client", "authentication failed", delay_s)
