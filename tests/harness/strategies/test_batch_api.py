"""A batch is stored as intent before it leaves, believed only when checked, and looked up before it is sent again."""

import msgspec
import pytest

from harness import events
from harness.errors import GaveUp, Refused, SafetyStop
from harness.flow import Reply, drive
from harness.journal.schema import BatchRecord
from harness.strategies.batch_api import ATTEMPTS, BatchApi, BatchApiOwnIds, pending, upload, upload_own_ids
from harness.strategies.flows import MOST_REFUSED

from ..fakes import LOST, Shell, added, batch, entity, found, job, no, ok, ran, shard

LEADS = ("A1", "A2", "A3")
SENT = ["BatchSending", "contacts.add"]
LOOKED_UP = ["quiet 60", "contacts.search", "quiet 5", "contacts.search"]  # twice, and the two agree
DOUBTED = [
    pytest.param(LOST, id="lost"),
    pytest.param(no(408), id="408"),
    pytest.param(no(500), id="500"),
    pytest.param(no(503, retry_after="1"), id="503 that asks for a repeat"),
    pytest.param(added("A1", "A2"), id="short answer"),
    pytest.param(ok([]), id="empty answer"),
    pytest.param(ok(None), id="null"),
    pytest.param(Reply(status=200, body=b"<html>"), id="html"),
    pytest.param(Reply(status=200, body=added(*LEADS).body[:-5]), id="cut answer"),
    pytest.param(Reply(status=200, body=added(*LEADS).body, error="ReadError"), id="lost in the middle"),
]


class Talker(Shell):
    """A driver whose server is a function."""

    def __init__(self, server):
        super().__init__(iter(()))
        self.server = server

    def send(self, call):
        self.steps.append(call)
        return self.server(call) if call.op == "contacts.add" else found()


def sent_leads(call):
    return [contact["data"]["Lead ID"] for contact in msgspec.json.decode(call.body)]


def own(*lead_ids):
    return ok([entity(lead_id, contact_id=lead_id) for lead_id in lead_ids])


# --- ids made by the server -------------------------------------------------------------------------------------------


def test_intent_call_acknowledgement():
    """In this order; the answer's order does not matter."""
    end = ran(upload(batch(*LEADS, first=40), job()), added("A3", "A1", "A2"))
    assert end.driver.trail == [*SENT, "BatchAcked"]
    intent, call, answer = end.driver.steps
    assert not call.idempotent  # or the retry around it would double the leads
    assert (intent.first, intent.attempt, intent.lead_ids) == (40, 1, list(LEADS))
    assert answer == events.BatchAcked(first=40, mapping={"A1": "c-A1", "A2": "c-A2", "A3": "c-A3"})


@pytest.mark.parametrize("answer", DOUBTED)
def test_what_was_carried_out_is_adopted(answer):
    """No answer to trust, but every contact is there: nothing is sent again."""
    end = ran(upload(batch(*LEADS), job()), answer, found(*LEADS), found(*LEADS))
    assert end.driver.trail == [*SENT, "BatchInDoubt", *LOOKED_UP, "BatchAcked"]
    assert end.driver.steps[-1].adopted == 3
    assert end.driver.steps[-1].mapping == {lead_id: f"c-{lead_id}" for lead_id in LEADS}


@pytest.mark.parametrize("answer", DOUBTED)
def test_what_was_not_carried_out_is_sent(answer):
    """After a quiet time two searches find nothing: then it is safe."""
    end = ran(upload(batch(*LEADS), job()), answer, found(), found(), added(*LEADS))
    assert end.driver.trail == [*SENT, "BatchInDoubt", *LOOKED_UP, *SENT, "BatchAcked"]
    assert (end.driver.steps[-1].adopted, end.driver.steps[-1].mapped_leads) == (0, 3)
    assert end.driver.calls[-1].attempt == 2


def test_of_half_a_batch_the_other_half_is_sent():
    """What is there is adopted, what is missing is sent, and nothing twice."""
    end = ran(upload(batch(*LEADS), job()), LOST, found("A2"), found("A2"), added("A3", "A1"))
    assert sent_leads(end.driver.calls[-1]) == ["A1", "A3"]
    assert (end.driver.steps[-1].mapped_leads, end.driver.steps[-1].adopted) == (3, 1)


def test_the_intent_of_a_rest_names_the_whole_batch():
    """A restart has to look for all of its leads."""
    end = ran(upload(batch(*LEADS), job()), LOST, found("A2"), found("A2"), added("A3", "A1"))
    intents = end.driver.of(events.BatchSending)
    assert [intent.lead_ids for intent in intents] == [list(LEADS)] * 2
    assert [intent.attempt for intent in intents] == [1, 2]


def test_a_commit_that_comes_late_is_waited_for():
    """Two searches that differ are no answer; the search goes on until two agree."""
    pages = found(), found("A1"), found(*LEADS), found(*LEADS)
    end = ran(upload(batch(*LEADS), job()), LOST, *pages)
    assert end.driver.trail.count("contacts.add") == 1
    assert end.driver.steps[-1].adopted == 3


def test_a_batch_of_an_earlier_run_is_looked_up_first():
    """Nothing is sent before it is known what that run achieved."""
    end = ran(upload(batch(*LEADS), job(), doubtful=True), found("A1"), found("A1"), added("A2", "A3"))
    assert end.driver.trail == [*LOOKED_UP, *SENT, "BatchAcked"]
    assert sent_leads(end.driver.calls[-1]) == ["A2", "A3"]


def test_a_second_loss_is_looked_up_again():
    """Each doubt has its own search; what the second try achieved is found too."""
    found_twice = found("A1", "A2"), found("A1", "A2")
    end = ran(upload(batch(*LEADS), job()), LOST, found("A1"), found("A1"), LOST, *found_twice, added("A3"))
    assert [sent_leads(call) for call in end.driver.calls if call.op == "contacts.add"] == [
        ["A1", "A2", "A3"],
        ["A2", "A3"],
        ["A3"],
    ]
    assert end.driver.steps[-1].mapped_leads == 3


def test_a_server_that_never_answers_is_given_up():
    """The batch stays in doubt, so the next run looks it up; no acknowledgement was stored."""
    answers = [answer for _ in range(ATTEMPTS) for answer in (LOST, found(), found())][:-2]
    end = ran(upload(batch(*LEADS), job()), *answers)
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "IN_DOUBT"
    assert end.driver.trail[-1] == "BatchInDoubt"
    assert "BatchAcked" not in end.driver.trail


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "invalid.contact.columns", "COLUMN_MISMATCH"),
        (400, "contact.list.limit.exceeded", "LIST_CAP"),
        (403, "missing.permissions", "FORBIDDEN"),
        (404, "contact.list.not.found", "LIST_GONE"),
        (307, "", "REDIRECT_REFUSED"),  # personal data is not sent to another place
    ],
)
@pytest.mark.parametrize("flow", [upload, upload_own_ids])
def test_a_plain_no_ends_the_run(flow, status, code, told):
    """With the code a user can look up; the batch is not sent again, and not acknowledged."""
    end = ran(flow(batch(*LEADS), job()), no(status, code))
    assert isinstance(end.error, Refused | SafetyStop)
    assert end.error.code == told
    assert end.driver.trail == SENT


# --- refused as a whole -----------------------------------------------------------------------------------------------


def picky(*bad):
    """A platform that refuses a batch for one of these leads, and stores nothing of it."""

    return lambda call: no(400, "invalid.value") if set(bad) & set(sent_leads(call)) else added(*sent_leads(call))


def test_one_bad_lead_costs_no_other_its_contact():
    """Halves of halves, until the bad lead stands alone; it is rejected with the platform's code."""
    leads = [f"A{n}" for n in range(8)]
    driver = Talker(picky("A5"))
    drive(upload(batch(*leads), job()), driver)
    mapped = {lead_id for event in driver.of(events.BatchAcked) for lead_id in event.mapping}
    (refused,) = driver.of(events.LeadRefused)
    assert mapped == set(leads) - {"A5"}
    assert (refused.reject.lead_id, refused.reject.code, refused.first) == ("A5", "invalid.value", 5)
    assert [call.op for call in driver.calls].count("contacts.add") == 7  # 1 + 2 for each of 3 halvings


def test_whether_a_refusal_left_contacts_is_asked_until_it_is_known():
    """Without a quiet period: the answer came. Once the first half is taken, later refusals are believed."""
    driver = Talker(picky("A5", "A6"))
    a_job = job()
    drive(upload(batch(*[f"A{n}" for n in range(8)]), a_job), driver)
    assert [call.op for call in driver.calls].count("contacts.search") == 2
    assert a_job.learned.atomic
    assert "quiet 60" not in driver.trail


def test_nothing_left_behind_proves_nothing_if_the_first_lead_may_be_the_bad_one():
    """A platform that stores what comes before the bad lead had nothing to store."""
    a_job = job()
    drive(upload(batch("A0", "A1", "A2", "A3"), a_job), Talker(picky("A0")))
    assert a_job.learned.atomic is None


def test_what_a_refused_batch_left_behind_is_adopted():
    """A platform that stores the contacts before the bad one: they are not sent again."""
    found_one = found("A1"), found("A1")
    end = ran(upload(batch(*LEADS), job()), no(400), *found_one, *[no(400), found(), found()] * 2, added("A3"))
    assert [sent_leads(call) for call in end.driver.calls if call.op == "contacts.add"] == [
        ["A1", "A2", "A3"],
        ["A2", "A3"],
        ["A2"],
        ["A3"],
    ]
    assert end.driver.of(events.BatchAcked)[0].mapping == {"A1": "c-A1"}


def test_the_parts_are_stored_in_doubt_before_one_is_sent():
    """A kill between the halves must not forget the second."""
    end = ran(upload_own_ids(batch(*LEADS, first=7), job()), no(400), own("A1"), own("A2", "A3"))
    (split,) = end.driver.of(events.BatchSplit)
    assert [(part.first, part.lead_ids) for part in split.parts] == [(7, ["A1"]), (8, ["A2", "A3"])]
    assert end.driver.trail[:3] == [*SENT, "BatchSplit"]


def test_a_body_that_is_too_large_teaches_its_cap():
    """413: halves at once, no search, and what follows is cut to the cap that the platform names."""
    a_job = job()
    told = Reply(status=413, body=b'{"code": "request.entity.too.large", "message": "Maximum bytes: 512"}')
    end = ran(upload(batch(*LEADS), a_job), told, added("A1"), added("A2", "A3"))
    assert [call.op for call in end.driver.calls] == ["contacts.add"] * 3
    assert a_job.learned.body_bytes == 512


def test_fewer_contacts_a_request():
    """A platform with a lower limit: halved once, remembered for what follows."""
    a_job = job()
    end = ran(upload_own_ids(batch("A1", "A2"), a_job), no(400, "too.many.contacts.added"), own("A1"), own("A2"))
    assert (end.error, a_job.learned.contacts) == (None, 1)


def test_an_input_that_does_not_fit_at_all_ends_the_run():
    """Hundreds of leads refused one by one are no bad leads."""
    leads = [f"A{n}" for n in range(MOST_REFUSED + 1)]
    driver = Talker(picky(*leads))
    with pytest.raises(Refused, match="TOO_MANY_REFUSED"):
        drive(upload_own_ids(batch(*leads), job()), driver)


# --- own ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", DOUBTED)
def test_with_own_ids_the_same_bytes_are_sent_again(answer):
    """An update changes nothing, so no search is needed."""
    end = ran(upload_own_ids(batch(*LEADS), job()), answer, own(*LEADS))
    first, second = end.driver.calls
    assert end.driver.trail == [*SENT, "BatchInDoubt", "backoff 5", *SENT, "BatchAcked"]
    assert (first.body, first.idempotent, second.idempotent) == (second.body, True, True)
    assert end.driver.steps[-1].mapping == {lead_id: lead_id for lead_id in LEADS}


def test_an_org_that_ignores_own_ids_is_found_out():
    """A repeat would double the leads there; nothing is acknowledged."""
    end = ran(upload_own_ids(batch(*LEADS), job()), added(*LEADS))
    assert isinstance(end.error, Refused)
    assert end.error.code == "OWN_IDS_IGNORED"
    assert "BatchAcked" not in end.driver.trail


def test_with_own_ids_a_dead_server_is_given_up():
    """After as many tries as for any batch."""
    end = ran(upload_own_ids(batch(*LEADS), job()), *[LOST] * ATTEMPTS)
    assert end.error.code == "IN_DOUBT"


# --- stages -----------------------------------------------------------------------------------------------------------


def test_a_run_that_goes_on_sends_what_is_not_acknowledged():
    """Known batches are doubtful, unless they are acknowledged; unknown ones are new."""
    sent = [BatchRecord(0, "acked", 1, "", 2), BatchRecord(2, "in_doubt", 1, "", 2)]
    todo = pending(job(shard(count=6), leads=6, batch_size=2, sent=sent), own_ids=False)
    assert [(one.first, doubtful) for one, doubtful in todo] == [(2, True), (4, False)]


@pytest.mark.parametrize(
    ("strategy", "stages"),
    [(BatchApi(), {"lists": 0, "upload": 3}), (BatchApiOwnIds(), {"lists": 0, "canary": 1, "upload": 2})],
)
def test_the_stages(strategy, stages):
    """One flow a batch; with own ids the first one goes alone, so that a mistake costs one batch."""
    made = strategy.stages(job(shard(count=6), leads=6, batch_size=2))
    assert {stage.name: len(list(stage.flows)) for stage in made} == stages
    assert strategy.verification(job()).by_export


def test_with_own_ids_a_conflict_is_tried_once_more():
    """Somebody else has just written to one of the contacts: the same bytes again, once."""
    first = batch("A1")
    own = ok([entity("A1", "A1")])
    assert ran(upload_own_ids(first, job()), no(409), own).driver.waits == [5.0]
    assert isinstance(ran(upload_own_ids(first, job()), no(409), no(409)).error, Refused)
