"""A flow around a flow: no contact goes into a list that a campaign uses, since it would be called."""

from .. import api
from ..errors import SafetyStop
from ..flow import Call, Flow, Reply, T, Wait, map_calls
from .oauth import Session

LOOK_AGAIN_S = 600.0  # somebody may give the list to a campaign while it is loaded
POLL_S = 0.1


def with_campaign_check(flow: Flow[T], session: Session) -> Flow[T]:
    """`flow`, which asks for the campaigns of each list before contacts go into it, and from time to time after."""
    return map_calls(flow, lambda call: _send_if_idle(call, session))


def _send_if_idle(call: Call, session: Session) -> Flow[Reply]:
    if call.contacts and (list_id := api.list_of(call)):
        yield from _require_idle(list_id, session)
    reply: Reply = yield call
    return reply


def _require_idle(list_id: str, session: Session) -> Flow[None]:
    """Asked by whoever comes first; the others wait for the answer."""
    while list_id in session.asking:
        yield Wait(POLL_S)
    if session.now() < session.idle_until.get(list_id, 0.0):
        return
    session.asking.add(list_id)
    try:
        for call in api.find_campaigns(list_id):
            reply = yield call
            _require_none(call, api.campaigns(reply), api.Refusal(reply))
    finally:
        session.asking.discard(list_id)
    session.idle_until[list_id] = session.now() + LOOK_AGAIN_S


def _require_none(call: Call, found: list[str] | None, refusal: api.Refusal) -> None:
    if found is None:
        raise SafetyStop(
            "CAMPAIGNS_UNKNOWN",
            f"op={call.op} list={call.contact_list_id} {refusal}: it cannot be told whether the list is being dialled;"
            " the OAuth client needs outbound:campaign:view and outbound:messagingCampaign:view.",
        )
    if found:
        raise SafetyStop(
            "LIST_IN_CAMPAIGN",
            f"op={call.op} list={call.contact_list_id}: campaign {', '.join(map(repr, found))} uses it, and would call"
            " whoever is loaded; take the list off it, then run the same command again.",
        )
