"""A look at the org before anything is written to it: may the client do what is coming, and has it been done before?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .. import api
from ..errors import Refused, StateError
from ..flow import Flow, Reply
from ..journal.schema import BatchRecord, ShardRecord
from ..wording import quantity
from .job import Stage
from .lists import count_contacts, lists_of

# Source: official CLI 166.0.0. That of the upload service is not documented, so it is not asked for.
NEEDED = {
    "outbound:contactList:add": "to make the contact lists",
    "outbound:contactList:view": "to follow imports, to find lists and to export them",
    "outbound:contact:view": "to look contacts up and to export them",
}
NEEDED_TO_ADD = {"outbound:contact:add": "to add contacts"}
# docs/sandbox.md names no other entities of `outbound` with more than `view`.
OURS = ("contactlist", "contact", "dnclist", "dnc")
NAMED = 5  # permissions in a message


@dataclass(slots=True, kw_only=True)
class Preconditions:
    """Reads, and raises RunError before the first write. `notices` tell what it could not find out, and which
    permissions a real org's client should not have."""

    main_op: str
    prefix: str  # of the names of all lists with these leads, whichever run made them
    again: bool  # such lists are meant to be there
    real: bool = False  # the org; a mock's client may do anything
    notices: list[str] = field(default_factory=list)

    def stage(self) -> Stage:
        return Stage("foresight", [self._look()])

    def _look(self) -> Flow[None]:
        yield from self._permissions()
        if not self.again:
            yield from self._former_run()

    def _permissions(self) -> Flow[None]:
        """Raises Refused where one is missing. A client that is not told what it may do goes on, and will see."""
        reply = yield api.own_grants()
        held = _own_permissions(reply)
        if held is None:
            self.notices.append(
                "not known: what the OAuth client may do: the org does not tell; a refusal would stop the run"
            )
            return
        needed = NEEDED | (NEEDED_TO_ADD if self.main_op == "contacts.add" else {})
        missing = [f"{name} {purpose}" for name, purpose in needed.items() if not held.permit(name)]
        if missing:
            raise Refused(
                "FORBIDDEN",
                f"op=subjects.me: the OAuth client lacks {', '.join(missing)}; nothing was written. Give one of its"
                " roles what it lacks and run the same command.",
            )
        if self.real and (surplus := [":".join(each) for each in held.policies if not _is_ours(*each)]):
            more = f" and {len(surplus) - NAMED} more" if len(surplus) > NAMED else ""
            self.notices.append(
                f"the OAuth client may do more than any command needs: {', '.join(surplus[:NAMED])}{more};"
                " docs/sandbox.md names the role that is enough"
            )

    def _former_run(self) -> Flow[None]:
        """Raises StateError where a list holds contacts of these leads: this run knows nothing of them."""
        for found in (yield from lists_of(self.prefix)):
            count = max(found.size or 0, (yield from count_contacts(found.id)))
            if count or found.importing:
                raise StateError(
                    "STATE_LOST",
                    f"these leads are loaded already: list {found.name!r} ({found.id}) has"
                    f" {quantity(count, 'contact')} of this input by this strategy, which this run folder does not know"
                    "; nothing was written. Give the run folder of that upload (--run). If it is lost, `contactbench"
                    " reconcile --from-server` and the upload's other options rebuild the mapping; --again loads these"
                    " leads once more.",
                )


def _is_ours(domain: str, entity: str, action: str) -> bool:
    return domain == "outbound" and (entity in OURS or action == "view")


def is_untouched(shards: Sequence[ShardRecord], batches: dict[int, BatchRecord]) -> bool:
    """Whether there is something to write and nothing has been yet, as far as the journal knows."""
    return bool(shards) and not batches and all(record.contact_list_id is None and not record.rows for record in shards)


def _own_permissions(reply: Reply) -> api.Permissions | None:
    """What the org says that the client may do; None if it does not say."""
    try:
        return api.permissions_of(reply)
    except (api.Refusal, api.BadResponse):
        return None
