"""A call is lent to one worker at a time, and to another one only if the first cannot have sent it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from harness.errors import GaveUp, LocalResource, Refused, SafetyStop, UsageError
from harness.flow import Call, FilePart, Reply
from harness.load.distributed import (
    BEGIN_S,
    CHUNK,
    GO_S,
    GRACE_S,
    LOST_S,
    NO_WORKERS_S,
    WORK_S,
    MasterClient,
    WorkBroker,
    call_of,
    encode,
    run_assignment,
)

CALL = Call(op="contacts.add", method="POST", url="http://127.0.0.1:1/x", body=b"[1]", timeout_s=10.0)
PATIENCE_S = 20.0


class Office:
    """A broker whose clock moves when told, and what it has told the workers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[tuple[str, dict]] = []
        self.broker = WorkBroker(lambda worker, answer: self.told.append((worker, answer)), lambda: self.now)
        self.outcomes: list[object] = []
        self._asked = 0

    def ask(self, worker: str, what: str, **more: object) -> dict:
        """What the worker is told, if it is told at once."""
        self._asked += 1
        before = len(self.told)
        self.broker.handle(worker, {"id": self._asked, "what": what, **more})
        return self.told[-1][1] if len(self.told) > before else {}

    @contextmanager
    def calling(self, call: Call = CALL) -> Iterator[None]:
        """A flow that waits for its answer; it has it at the end."""
        thread = Thread(target=self._exchange, args=(call,))
        thread.start()
        while not self.broker._queue and not self.broker._out and thread.is_alive():
            pass
        yield
        thread.join(PATIENCE_S)
        assert not thread.is_alive()

    def _exchange(self, call: Call) -> None:
        try:
            self.outcomes.append(self.broker.exchange(call))
        except Exception as error:
            self.outcomes.append(error)


@pytest.fixture
def office():
    return Office()


def done(number, status=200):
    return {"number": number, "reply": encode(Reply(status=status))}


def test_a_call_goes_to_who_asks_for_work(office):
    """And its answer to whoever waits for it."""
    with office.calling():
        given = office.ask("a", "work")
        assert call_of(given["call"]) == CALL
        assert office.ask("a", "begin", number=given["number"])["go"]
        office.ask("a", "done", **done(given["number"], 201))
    assert office.outcomes == [Reply(status=201)]


def test_who_was_lost_before_it_began_has_sent_nothing(office):
    """The call goes to another worker; the first one, come back, may not begin it any more."""
    with office.calling():
        first = office.ask("a", "work")
        office.broker.keep({"b"})
        second = office.ask("b", "work")
        assert "go" not in office.ask("a", "begin", number=first["number"])
        assert office.ask("b", "begin", number=second["number"])["go"]
        office.ask("b", "done", **done(second["number"]))
    assert office.broker.lost == 0


@pytest.mark.parametrize("how", ["gone", "silent"])
def test_who_was_lost_with_a_call_leaves_a_doubt(office, how):
    """It may have been sent, so it is not sent again; what is said of it later is not heard."""
    with office.calling():
        given = office.ask("a", "work")
        office.ask("a", "begin", number=given["number"])
        present = set() if how == "gone" else {"a"}
        office.broker.keep(present)
        office.now += LOST_S if how == "gone" else CALL.timeout_s + GRACE_S
        office.broker.keep(present)
    (reply,) = office.outcomes
    assert (reply.status, reply.sent) == (0, True)
    assert len(office.ask("a", "done", **done(given["number"]))) == 1


def test_who_was_only_slow_to_be_heard_of_keeps_its_call(office):
    """On a busy machine heartbeats come late: the answer that comes with the next one counts."""
    with office.calling():
        given = office.ask("a", "work")
        office.ask("a", "begin", number=given["number"])
        for present in (set(), {"a"}, set()):
            office.now += LOST_S - 1
            office.broker.keep(present)
        office.ask("a", "done", **done(given["number"]))
    assert (office.outcomes, office.broker.lost) == ([Reply(status=200)], 0)


def test_who_never_begins_loses_the_call(office):
    """To whoever asks next."""
    with office.calling():
        office.ask("a", "work")
        office.now += BEGIN_S
        office.broker.keep({"a", "b"})
        given = office.ask("b", "work")
        office.ask("b", "begin", number=given["number"])
        office.ask("b", "done", **done(given["number"]))
    assert office.outcomes == [Reply(status=200)]


def test_who_asks_in_vain_is_told_so(office):
    """After a while, so that nobody who has given up is given work."""
    assert office.ask("a", "work") == {}
    office.now += WORK_S
    office.broker.keep({"a"})
    assert office.told == [("a", {"id": 1})]


def test_once_it_is_closed_nothing_begins(office):
    """What has begun may end."""
    with office.calling():
        given = office.ask("a", "work")
        office.broker.close(GaveUp("STOPPED", "by hand"))
        assert "go" not in office.ask("a", "begin", number=given["number"])
    assert isinstance(office.outcomes[0], GaveUp)
    with pytest.raises(GaveUp):
        office.broker.exchange(CALL)


def test_nobody_is_left(office):
    """A run does not wait for ever for workers that do not come back."""
    with office.calling():
        office.ask("a", "work")
        office.broker.keep({"a"})
        office.now += NO_WORKERS_S + 1
        office.broker.keep(set())
    assert "NO_WORKERS" in str(office.outcomes[0])


class Line:
    """A worker's line to a desk, and what it sends."""

    def __init__(self, office: Office) -> None:
        self.questions = MasterClient(lambda question: office.broker.handle("w", question))
        office.broker.tell = lambda _, answer: self.questions.receive(answer)
        self.sent: list[Call] = []
        self.times = iter((0.0, 0.0))

    def run(self, reply: Reply | BaseException) -> bool:
        def exchange(call: Call) -> Reply:
            self.sent.append(call)
            if call.form is not None:
                self.file = call.form[0][1].path.read_bytes()
            if call.save_to is not None:
                call.save_to.write_bytes(b"x" * (2 * CHUNK + 1))
            if isinstance(reply, BaseException):
                raise reply
            return reply

        return run_assignment(self.questions, exchange, lambda: next(self.times))


def test_a_worker_sends_what_it_is_given(office):
    """Once, and tells what came of it."""
    line = Line(office)
    with office.calling():
        assert line.run(Reply(status=200, body=b"[]"))
    assert (line.sent, office.outcomes) == ([CALL], [Reply(status=200, body=b"[]")])


def test_a_worker_that_was_stopped_does_not_send(office):
    """Between the permission and its use too much time has gone: by now somebody else may have the call."""
    line = Line(office)
    line.times = iter((0.0, GO_S + 0.1))
    with office.calling():
        assert not line.run(Reply(status=200))
    assert (line.sent, office.outcomes[0].status) == ([], 0)


def test_files_go_through_the_master(office, tmp_path):
    """Those of the call to the worker, the answer's back; nothing of either stays there."""
    source, target = tmp_path / "upload.csv", tmp_path / "export.csv"
    source.write_bytes(b"y" * (CHUNK + 5))
    form = (("file", FilePart(path=source, filename="u.csv")),)
    line = Line(office)
    with office.calling(Call(op="import.upload", method="POST", url="http://h/x", form=form, save_to=target)):
        assert line.run(Reply(status=200))
    assert (line.file, target.read_bytes()) == (source.read_bytes(), b"x" * (2 * CHUNK + 1))
    assert not line.sent[0].save_to.exists()


def test_a_user_that_is_taken_away_leaves_a_doubt_at_once(office):
    """Nobody waits for the answer it will not tell."""
    line = Line(office)
    with office.calling(), pytest.raises(KeyboardInterrupt):
        line.run(KeyboardInterrupt())
    assert (office.outcomes[0].status, office.outcomes[0].sent) == (0, True)


@pytest.mark.parametrize("kind", [LocalResource, Refused, SafetyStop, UsageError])
def test_a_trouble_of_the_worker_ends_the_run(office, kind):
    """With its code and exit code, as if it were the master's own."""
    line = Line(office)
    with office.calling():
        line.run(kind("DISK_FULL", "/tmp: no space"))
    (trouble,) = office.outcomes
    assert (type(trouble), trouble.code, str(trouble)) == (kind, "DISK_FULL", "DISK_FULL /tmp: no space")
