"""A flow that fetches and renews the token around another flow. One renewal serves every worker."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .. import api
from ..errors import GaveUp, Refused, RunError
from ..flow import Call, Flow, Reply, T, Wait, map_calls
from .org_safety import require_org
from .retry import outcome

RENEWAL_POLL_S = 0.1
RENEW_AFTER = 0.9  # of a token's lifetime
LOGINS = 3  # whose answers hold no token
LOGIN_PAUSE_S = 1.0
FRESH = 2  # tokens that nobody has been served for: one may die on the way, two that are refused are a refusal
MAX_SENDS = 5  # of one call


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    client_secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)  # a ready one, which nothing renews
    org_id: str = ""  # of a real org: no token is used before that org has said that it is its own
    origin: str = "the mock's own"  # where they were read, in words


MOCK_CREDENTIALS = Credentials("mock-client", "mock-secret")  # which every mock knows that is told of no others


@dataclass(slots=True)
class Session:
    """The token that all flows of a run share. 401 means nothing was applied, so the call is simply sent again."""

    credentials: Credentials
    now: Callable[[], float] = field(default=lambda: 0.0, repr=False)  # s on a monotonic scale, as the driver's waits
    token: str | None = field(default=None, repr=False)
    renew_at: float = math.inf
    renewing: bool = False
    renewals: int = 0
    served: set[str] = field(default_factory=set, repr=False)  # tokens that were accepted at least once
    asking: set[str] = field(default_factory=set)  # lists whose campaigns are being asked for
    idle_until: dict[str, float] = field(default_factory=dict)  # list -> when they are to be asked for again

    @property
    def usable(self) -> str | None:
        """The token, unless it is so near its end that it might not outlive a long call."""
        return self.token if self.now() < self.renew_at else None

    def stale(self, token: str) -> None:
        """Forget `token`, unless another worker has renewed it already."""
        if self.token == token:
            self.token = None


def with_authorization(flow: Flow[T], session: Session) -> Flow[T]:
    """`flow` with the bearer token on each call that wants one."""
    return map_calls(flow, lambda call: _send(call, session))


def _send(call: Call, session: Session) -> Flow[Reply]:
    """The answer to `call`. A token that had served and is refused now has died, and the next one is tried."""
    if not call.bearer:
        reply: Reply = yield call
        return reply
    unserved = 0
    for _ in range(MAX_SENDS):
        token = session.usable or (yield from login(session))
        reply = yield _bearing(call, token)
        if reply.status != 401:
            session.served.add(token)
            return reply
        session.stale(token)
        unserved += token not in session.served
        if unserved == FRESH:
            break
    raise _not_accepted(call, reply)


def _bearing(call: Call, token: str) -> Call:
    return replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"})


def _not_accepted(call: Call, reply: Reply) -> Refused:
    return Refused(
        "AUTH_REJECTED",
        f"op={call.op} {api.Refusal(reply)}: a token that was just issued is not accepted;"
        " check the OAuth client and its roles.",
    )


def login(session: Session) -> Flow[str]:
    """The token in force; fetched by whoever comes first, awaited by the others."""
    while session.renewing:
        yield Wait(RENEWAL_POLL_S)
    if session.usable is not None:
        return session.usable
    session.renewing = True
    try:
        token, lifetime_s = yield from _fetch_token(session)
        yield from _of_its_org(token, session.credentials)
        session.token, session.renew_at = token, session.now() + lifetime_s * RENEW_AFTER
    finally:
        session.renewing = False
    session.renewals += 1
    return token


def _fetch_token(session: Session) -> Flow[tuple[str, float]]:
    """A token and the seconds it lives: the ready one the first time, else a new one."""
    credentials = session.credentials
    if credentials.token is None:
        reply = yield from _login(credentials)
        return api.access_token(reply), api.token_lifetime_s(reply)
    if session.renewals:
        raise _ready_token_refused()
    return credentials.token, math.inf


def _ready_token_refused() -> Refused:
    return Refused(
        "AUTH_REJECTED", "the token of GENESYSCLOUD_ACCESS_TOKEN is not accepted, or no more; give a new one."
    )


def _of_its_org(token: str, credentials: Credentials) -> Flow[None]:
    """Raises SafetyStop for a token of another org than the one that was meant, before it is used for anything."""
    if not credentials.org_id:
        return
    call = api.own_organization()
    reply = yield _bearing(call, token)
    if reply.status == 401:
        raise _not_accepted(call, reply) if credentials.token is None else _ready_token_refused()
    if outcome(reply) != "answered":
        raise GaveUp("SERVER_ERROR", f"op={call.op} {api.Refusal(reply)} ; no clear answer after every repeat")
    require_org(reply, credentials.org_id)


def _login(credentials: Credentials) -> Flow[Reply]:
    """An answer that holds a token. One that was cut is asked for again: a login does nothing twice."""
    for _ in range(LOGINS):
        reply: Reply = yield api.token(credentials.client_id, credentials.client_secret)
        try:
            api.access_token(reply)
        except api.Refusal as refusal:
            raise _login_error(reply, refusal, credentials) from None
        except api.BadResponse as problem:
            trouble = problem
            yield Wait(LOGIN_PAUSE_S)
        else:
            return reply
    raise Refused("BAD_RESPONSE", f"op=oauth.token: {trouble}; is this a Genesys Cloud login host?")


def _login_error(reply: Reply, refusal: api.Refusal, credentials: Credentials) -> RunError:
    if outcome(reply) != "answered":
        return GaveUp("SERVER_ERROR", f"op=oauth.token {refusal} ; no clear answer after every repeat; run again later")
    return Refused(
        "AUTH_REJECTED",
        f"op=oauth.token {refusal}: OAuth client {credentials.client_id!r} or its secret is not accepted;"
        " check GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET.",
    )
