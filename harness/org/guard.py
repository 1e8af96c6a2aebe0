"""What must hold before a request may leave for a real org. Pure: learns from answers, says no by SafetyStop.

It is asked by the books of every shell, which are the one way to send: a flow that forgets to ask who the org is, or
whether a list is dialled, is stopped here.
"""

from dataclasses import dataclass, field

from .. import api
from ..errors import SafetyStop
from ..flow import Call, Reply
from .terms import Terms

ANYTIME = ("oauth.token", "organizations.me")


@dataclass(slots=True)
class Guard:
    """Of one run. `terms` None: a server on this machine, which may be asked anything."""

    terms: Terms | None = None
    org_seen: bool = False  # the org has said that it is the one that was meant
    _idle: set[tuple[str, str]] = field(default_factory=set)  # operation and list: it told of no campaign

    def admit(self, call: Call) -> None:
        """Raises SafetyStop unless `call` may leave."""
        if self.terms is None:
            return
        require_named(self.terms)
        if not self.terms.confirmed:
            raise SafetyStop("NOT_CONFIRMED", f"nobody has confirmed that org {self.terms.org_id} is to be loaded.")
        if call.op not in ANYTIME and call.bearer and not self.org_seen:
            raise SafetyStop("ORG_NOT_CHECKED", f"op={call.op}: the org has not said yet which one it is.")
        if call.contacts and not self.is_idle(api.list_of(call)):
            raise SafetyStop("LIST_NOT_CHECKED", f"op={call.op}: nobody has asked whether the list is being dialled.")

    def answered(self, call: Call, reply: Reply) -> None:
        """Learn from an answer. Raises SafetyStop where it comes from another org."""
        if self.terms is None or not reply.ok:
            return
        if call.op == "organizations.me":
            require_org(reply, self.terms.org_id)
            self.org_seen = True
        elif call.op in api.CAMPAIGNS:
            known = call.op, call.contact_list_id
            self._idle.discard(known)
            if api.campaigns(reply) == []:
                self._idle.add(known)

    def is_idle(self, list_id: str) -> bool:
        """Whether every kind of campaign has been asked for, and none uses the list."""
        return bool(list_id) and all((op, list_id) in self._idle for op in api.CAMPAIGNS)


def require_named(terms: Terms) -> None:
    """Raises SafetyStop unless somebody has said which org is meant."""
    if not terms.org_id:
        raise SafetyStop("ORG_ID_MISSING", "say which org is meant: --org-id ID, as `gc organizations me` tells it.")


def require_org(reply: Reply, org_id: str) -> None:
    """Raises SafetyStop unless the org that answers is the one of this id."""
    try:
        found = api.organization(reply)
    except (api.Refusal, api.BadResponse) as trouble:
        raise SafetyStop("WRONG_ORG", f"op=organizations.me: the org does not say who it is: {trouble}.") from None
    if found.id.lower() != org_id.lower():
        raise SafetyStop(
            "WRONG_ORG",
            f"op=organizations.me: these credentials are of org {found.name!r} ({found.id}), {org_id} was meant;"
            " nothing was asked of it but its name.",
        )
