"""One token for all flows, renewed once, and never told to anybody."""

import traceback

import pytest

from harness.client.oauth import LOGINS, Credentials, Session, with_authorization
from harness.errors import GaveUp, Refused, SafetyStop
from harness.flow import Call, Reply, Wait

from ..fakes import LOST, no, ok, ran

SECRET = "s3cret-of-the-client"


def call(*, bearer=True):
    return (yield Call(op="lists.get", method="GET", url="/x", headers={"Accept": "a"}, bearer=bearer))


@pytest.fixture
def session():
    return Session(Credentials("the-client", SECRET))


def token(value):
    return ok({"access_token": value, "token_type": "bearer", "expires_in": 86400})


def test_a_token_is_fetched_before_the_first_call(session):
    """The call keeps its own headers; the token serves the next flow too."""
    end = ran(with_authorization(call(), session), token("t1"), no(404))
    assert end.driver.trail == ["oauth.token", "lists.get"]
    assert end.driver.calls[1].headers == {"Accept": "a", "Authorization": "Bearer t1"}
    assert ran(with_authorization(call(), session), Reply(status=200)).driver.trail == ["lists.get"]


def test_the_login_call(session):
    """Basic credentials to the login host, and no token."""
    login = ran(with_authorization(call(), session), token("t1"), no(404)).driver.calls[0]
    assert (login.host, login.bearer, login.body) == ("login", False, b"grant_type=client_credentials")
    assert login.headers["Authorization"] == "Basic dGhlLWNsaWVudDpzM2NyZXQtb2YtdGhlLWNsaWVudA=="


@pytest.mark.hardening("harness-4")
def test_a_call_that_wants_no_token_gets_none(session):
    """A signed target must not see it."""
    session.token = "t1"
    sent = ran(with_authorization(call(bearer=False), session), Reply(status=200)).driver.calls[0]
    assert "Authorization" not in sent.headers


def test_a_token_that_died_is_renewed_and_the_call_sent_again(session):
    """A 401 had no effect, so the call is repeated with the new token, once."""
    session.token = "old"
    end = ran(with_authorization(call(), session), no(401), token("new"), Reply(status=200))
    assert end.driver.trail == ["lists.get", "oauth.token", "lists.get"]
    assert [c.headers["Authorization"] for c in end.driver.calls[::2]] == ["Bearer old", "Bearer new"]


def test_a_fresh_token_that_is_refused_ends_the_run(session):
    """Two refusals in a row are no accident; a third is not asked for."""
    end = ran(with_authorization(call(), session), token("t1"), no(401), token("t2"), no(401))
    assert isinstance(end.error, Refused)
    assert end.error.code == "AUTH_REJECTED"


def test_a_token_that_dies_before_it_served_is_no_refusal_yet(session):
    """The one before it had served: only a second new one in a row that is refused says that nobody is wanted."""
    session.token, session.served = "old", {"old"}
    end = ran(with_authorization(call(), session), no(401), token("t1"), no(401), token("t2"), Reply(status=200))
    assert [c.headers["Authorization"] for c in end.driver.calls[::2]] == ["Bearer old", "Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=400, body=b'{"error":"invalid_client"}'), "AUTH_REJECTED"),
        (no(401), "AUTH_REJECTED"),
        (ok({"expires_in": 1}), "BAD_RESPONSE"),
        (Reply(status=200, body=b"<html>Sign in</html>"), "BAD_RESPONSE"),
    ],
)
def test_a_login_that_fails(session, reply, code):
    """It says which client was refused, and where it is set; the next flow may try again."""
    end = ran(with_authorization(call(), session), *[reply] * (LOGINS if reply.ok else 1))
    assert isinstance(end.error, Refused)
    assert end.error.code == code
    assert not session.renewing


def test_a_login_whose_answer_is_cut(session):
    """It is asked for again: a login does nothing twice."""
    end = ran(with_authorization(call(), session), Reply(status=200, body=b'{"access_to'), token("t1"), ok({}))
    assert (end.error, session.token) == (None, "t1")


@pytest.mark.parametrize("reply", [LOST, no(503)])
def test_a_login_that_is_not_answered(session, reply):
    """Nobody refused the secret: the same command may go on later."""
    end = ran(with_authorization(call(), session), reply)
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "SERVER_ERROR"


ORG = {"id": "ORG-1", "name": "Sandbox"}


def of_an_org(**more):
    return Session(Credentials("the-client", SECRET, **{"org_id": "org-1", **more}))


def test_a_token_says_whose_it_is_before_it_serves():
    """Asked once a token, and whatever the letter case of the id."""
    session = of_an_org()
    end = ran(with_authorization(call(), session), token("t1"), ok(ORG), Reply(status=200))
    assert end.driver.trail == ["oauth.token", "organizations.me", "lists.get"]
    assert ran(with_authorization(call(), session), Reply(status=200)).driver.trail == ["lists.get"]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (ok({"id": "org-2", "name": "Production"}), SafetyStop, "WRONG_ORG"),
        (ok({"name": "no id"}), SafetyStop, "WRONG_ORG"),
        (no(401), Refused, "AUTH_REJECTED"),
        (no(503), GaveUp, "SERVER_ERROR"),
        (LOST, GaveUp, "SERVER_ERROR"),
    ],
)
def test_a_token_of_nobody_knows_which_org(answer, kind, code):
    """It is used for nothing else, and the next flow asks anew."""
    session = of_an_org()
    end = ran(with_authorization(call(), session), token("t1"), answer)
    assert (type(end.error), end.error.code, session.token) == (kind, code, None)


def test_a_ready_token():
    """Used as it is; once it is refused nothing can renew it."""
    session = of_an_org(token="ready")
    end = ran(with_authorization(call(), session), ok(ORG), Reply(status=200))
    assert end.driver.calls[0].headers["Authorization"] == "Bearer ready"
    end = ran(with_authorization(call(), session), no(401))
    assert (end.error.code, "GENESYSCLOUD_ACCESS_TOKEN" in str(end.error)) == ("AUTH_REJECTED", True)


@pytest.mark.parametrize(("at_s", "trail"), [(89.0, ["lists.get"]), (91.0, ["oauth.token", "lists.get"])])
def test_a_token_near_its_end_is_renewed_ahead(at_s, trail):
    """Renewed after nine tenths of its lifetime, so that it does not expire during a long call."""
    clock = [0.0]
    session = Session(Credentials("the-client", SECRET), now=lambda: clock[0])
    short = ok({"access_token": "t1", "expires_in": 100})
    ran(with_authorization(call(), session), short, ok({}))
    clock[0] = at_s
    assert ran(with_authorization(call(), session), *[token("t2")][: len(trail) - 1], ok({})).driver.trail == trail


def test_one_renewal_serves_every_flow(session):
    """Two flows whose token died together: the second waits for the first one's, and fetches none."""
    session.token = "old"
    first, second = with_authorization(call(), session), with_authorization(call(), session)
    assert [next(flow).headers["Authorization"] for flow in (first, second)] == ["Bearer old"] * 2
    assert first.send(no(401)).op == "oauth.token"
    assert isinstance(second.send(no(401)), Wait)
    assert isinstance(second.send(None), Wait)  # still under way
    assert first.send(token("new")).headers["Authorization"] == "Bearer new"
    assert second.send(None).headers["Authorization"] == "Bearer new"
    assert session.renewals == 1


def test_a_late_401_does_not_kill_the_new_token(session):
    """The refusal of the former token says nothing about the one in force."""
    session.token = "old"
    late = with_authorization(call(), session)
    next(late)
    session.token = "new"
    assert late.send(no(401)).headers["Authorization"] == "Bearer new"
    assert session.renewals == 0


def test_a_flow_that_ends_while_it_renews_leaves_the_turn_to_others(session):
    """A closed flow holds up nobody."""
    first = with_authorization(call(), session)
    assert next(first).op == "oauth.token"
    first.close()
    assert ran(with_authorization(call(), session), token("t1"), Reply(status=200)).result.ok


def test_a_flow_whose_login_fails_is_closed(session):
    """What it holds is given back, though the error is still looked at."""
    left = []

    def holding():
        try:
            yield Call(op="lists.get", method="GET", url="/x")
        finally:
            left.append(True)

    end = ran(with_authorization(holding(), session), no(401))
    assert (end.error.code, left) == ("AUTH_REJECTED", [True])


@pytest.mark.hardening("harness-2")
@pytest.mark.parametrize("answers", [[no(401)], [token("t0ken-1"), no(401), token("t0ken-2"), no(401)]])
def test_secrets_are_told_nowhere(session, answers):
    """Not in a repr, not in an error, not in its traceback."""
    end = ran(with_authorization(call(), session), *answers)
    told = "".join(traceback.format_exception(end.error)) + repr([session, *end.driver.steps, *answers, end.error])
    assert "AUTH_REJECTED" in told
    for secret in (SECRET, "t0ken", "dGhlLWNsaWVudDpzM2NyZXQ"):
        assert secret not in told
