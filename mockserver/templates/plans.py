"""The lists that an import template makes of one file: planned when the file came, checked when they are made. Pure."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from mockserver.http import wire
from mockserver.ids import new_id, new_ids
from mockserver.imports.csv_rows import Report
from mockserver.imports.files import ReadFile
from mockserver.imports.jobs import OVER_CAPACITY
from mockserver.lists.names import list_name
from mockserver.lists.uploads import ListUpload
from mockserver.model import ContactList, Reference
from mockserver.profile import Profile
from mockserver.templates.model import ImportTemplate
from mockserver.templates.splitting import NamedFilter, Part, parts

NONE_MATCH = "IMPORT_NO_LISTS_CREATED_NO_CONTACTS_MATCH_FILTER"
_NAME_EXISTS = "IMPORT_TARGET_CONTACT_LIST_NAME_EXISTS"
_NAME_TOO_LONG = "IMPORT_CONTACT_LIST_NAME_LENGTH_EXCEEDED"
_TOO_MANY_LISTS = "IMPORT_TOO_MANY_TARGET_LISTS"  # Assumption: the platform has no public code for it


class Plan(NamedTuple):
    """One list to be made, and what goes into it."""

    contact_list: ContactList
    file: ReadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What all lists of one import have in common. `columns` is the contact list template."""

    template: ImportTemplate
    columns: ContactList
    upload: ListUpload
    home: Reference
    starts_at: float

    def plans(self, file: ReadFile, find: Callable[[str], NamedFilter], rng: random.Random) -> list[Plan]:
        """The lists, none of them empty. `find` gives a filter by its id and raises NotFound."""
        splitting, main = self.template.splitting, self.template.contact_list_filter
        filters = [find(filter_id) for filter_id in self.template.splitting_filter_ids]
        split = parts(file.rows, splitting, find(main.id) if main else None, filters)
        # A row that goes into several lists is another contact in each.
        shared = bool(filters) and not (splitting and splitting.use_waterfall_rule)
        return [
            Plan(self._contact_list(part, number, rng), _of_part(file, part, rng if shared and number > 1 else None))
            for number, part in enumerate(split, 1)
        ]

    def _contact_list(self, part: Part, number: int, rng: random.Random) -> ContactList:
        name = list_name(
            self.template,
            prefix=self.upload.list_name_prefix,
            part=number,
            filter_name=part.filter_name,
            value=part.value,
            at=self.starts_at,
        )
        moment, division_id = wire.timestamp(self.starts_at), self.upload.division_id
        return msgspec.structs.replace(
            self.columns,
            id=new_id(rng),
            name=name,
            date_created=moment,
            date_modified=moment,
            version=1,
            division=Reference(id=division_id) if division_id not in ("", self.home.id) else self.home,
        )


def _of_part(file: ReadFile, part: Part, rng: random.Random | None) -> ReadFile:
    """What of the file goes into one list, with new ids if there is something to draw them from."""
    renamed = rng is not None and not file.own_ids
    ids = new_ids(rng, len(part.places)) if rng and renamed else [file.ids[at] for at in part.places]
    return ReadFile(
        ids=ids,
        rows=[file.rows[at] for at in part.places],
        own_ids=file.own_ids,
        report=Report(records=len(part.places)),
        attributes={
            id_: file.attributes[file.ids[at]]
            for id_, at in zip(ids, part.places, strict=True)
            if file.ids[at] in file.attributes
        }
        if file.attributes
        else {},
    )


def obstacles(plans: Sequence[Plan], lists: Sequence[ContactList], total_size: int, profile: Profile) -> Iterator[str]:
    """Why the lists cannot be made beside those there are, which hold `total_size` contacts."""
    limits, names = profile.limits, [plan.contact_list.name for plan in plans]
    if len(plans) > limits.target_lists_per_import or len(plans) + len(lists) > limits.lists_per_org:
        yield _TOO_MANY_LISTS
    if max(map(len, names)) > limits.list_name_chars:
        yield _NAME_TOO_LONG
    if len({*names}) < len(names) or not {*names}.isdisjoint(each.name for each in lists):
        yield _NAME_EXISTS
    sizes = [len(plan.file.rows) for plan in plans]
    is_over = sum(sizes) + total_size > limits.contacts_per_org or max(sizes) > limits.contacts_per_list
    if is_over and profile.semantics.over_capacity == "reject":
        yield OVER_CAPACITY
