"""The lists that an import template makes of one file: planned when the file came, checked when they are made. Pure."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from mockserver.contacts import search
from mockserver.contacts.selection import FILTERS
from mockserver.errors import BadRequest, NotFound
from mockserver.http import wire
from mockserver.ids import new_id, new_ids
from mockserver.imports.csv_rows import ReadFile, Report
from mockserver.imports.upload_request import ListUpload
from mockserver.jobs.import_progress import OVER_CAPACITY
from mockserver.model import ContactList, Reference
from mockserver.operations.contacts import Clause, Criteria
from mockserver.operations.templates import NameFormat
from mockserver.profile import Profile
from mockserver.storage import Store
from mockserver.storage.row_codec import decoder, value_reader
from mockserver.templates.rules import ImportTemplate, Splitting

REMAINDER = "Remainder"  # Assumption: what stands for the value or the filter in its name

Passes = Callable[[bytes], bool]


class NamedFilter(NamedTuple):
    name: str
    passes: Passes


class RowGroup(NamedTuple):
    """Places of rows, in order, and what they have in common."""

    places: Sequence[int]
    value: str = ""
    filter_name: str = ""


def parts(
    rows: Sequence[bytes], splitting: Splitting | None, main: NamedFilter | None, filters: Sequence[NamedFilter]
) -> list[RowGroup]:
    """The rows that pass the main filter, in parts; none is empty."""
    places = range(len(rows)) if main is None else [at for at, row in enumerate(rows) if main.passes(row)]
    named = main.name if main else ""
    if not places:
        return []
    if splitting is None:
        return [RowGroup(places, filter_name=named)]
    match splitting.criteria:
        case "Quantity":
            return _by_size(places, int(splitting.criteria_value), named)
        case "Percentage":
            return _by_size(places, max(1, len(places) * int(splitting.criteria_value) // 100), named)
        case "Column":
            return _by_column(rows, places, splitting, named)
        case "Custom":
            return _by_filter(rows, places, splitting, filters)


def _by_size(places: Sequence[int], size: int, filter_name: str) -> list[RowGroup]:
    return [RowGroup(places[start : start + size], filter_name=filter_name) for start in range(0, len(places), size)]


def _by_column(rows: Sequence[bytes], places: Sequence[int], splitting: Splitting, filter_name: str) -> list[RowGroup]:
    read, found = value_reader(splitting.criteria_value), dict[str, list[int]]()
    for at in places:
        found.setdefault(read(rows[at]) or "", []).append(at)
    rest = found.pop("", [])
    split = [RowGroup(those, value, filter_name) for value, those in found.items()]
    return split + _remainder(rest, splitting, filter_name)


def _by_filter(
    rows: Sequence[bytes], places: Sequence[int], splitting: Splitting, filters: Sequence[NamedFilter]
) -> list[RowGroup]:
    split, left, passed = [], places, set[int]()
    for each in filters:
        those = [at for at in (left if splitting.use_waterfall_rule else places) if each.passes(rows[at])]
        passed.update(those)
        left = [at for at in left if at not in passed]
        if those:
            split.append(RowGroup(those, filter_name=each.name))
    return split + _remainder(left, splitting, REMAINDER)


def _remainder(places: Sequence[int], splitting: Splitting, filter_name: str) -> list[RowGroup]:
    kept = places if splitting.create_remainder_contact_list else []
    return [RowGroup(kept, REMAINDER, filter_name)] if kept else []


# Names of the lists.

# Assumption: the separators of the fixed formats. The tokens: SDK 269.0.0 models/import_template.py.
_FORMATS: dict[NameFormat, str] = {
    "ListNamePrefix": "%N",
    "ListNamePrefixMonthDayYear": "%N MM-DD-YYYY",
    "ListNamePrefixMonthDayYearHourMinuteSecond": "%N MM-DD-YYYY hh-mm-ss",
    "ListNamePrefixPart": "%N Part %P",
    "ListNamePrefixMonthDayYearPart": "%N MM-DD-YYYY Part %P",
    "ListNamePrefixMonthDayYearHourMinuteSecondPart": "%N MM-DD-YYYY hh-mm-ss Part %P",
}
_TOKEN = re.compile("%[NPFC]|YYYY|MM|DD|hh|mm|ss")
_MOMENT = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}


def list_name(template: ImportTemplate, *, prefix: str, part: int, filter_name: str, value: str, at: float) -> str:
    """The name of the list that holds part number `part`. Assumption: the moment is UTC, when the import begins."""
    moment = datetime.fromtimestamp(at, UTC)
    words = {token: moment.strftime(form) for token, form in _MOMENT.items()}
    words |= {"%N": prefix, "%P": str(part), "%F": filter_name, "%C": value}
    if template.list_name_format == "Custom":
        form = template.custom_list_name_format_value or ""
    else:
        form = _FORMATS[template.list_name_format]
    return _TOKEN.sub(lambda token: words[token[0]], form)


NONE_MATCH = "IMPORT_NO_LISTS_CREATED_NO_CONTACTS_MATCH_FILTER"
_NAME_EXISTS = "IMPORT_TARGET_CONTACT_LIST_NAME_EXISTS"
_NAME_TOO_LONG = "IMPORT_CONTACT_LIST_NAME_LENGTH_EXCEEDED"
_TOO_MANY_LISTS = "IMPORT_TOO_MANY_TARGET_LISTS"  # Assumption: the platform has no public code for it


class ListPlan(NamedTuple):
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

    def plans(self, file: ReadFile, find: Callable[[str], NamedFilter], rng: random.Random) -> list[ListPlan]:
        """The lists, none of them empty. `find` gives a filter by its id and raises NotFound."""
        splitting, main = self.template.splitting, self.template.contact_list_filter
        filters = [find(filter_id) for filter_id in self.template.splitting_filter_ids]
        split = parts(file.rows, splitting, find(main.id) if main else None, filters)
        # A row that goes into several lists is another contact in each.
        shared = bool(filters) and not (splitting and splitting.use_waterfall_rule)
        return [
            ListPlan(
                self._contact_list(part, number, rng), _of_part(file, part, rng if shared and number > 1 else None)
            )
            for number, part in enumerate(split, 1)
        ]

    def _contact_list(self, part: RowGroup, number: int, rng: random.Random) -> ContactList:
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


def _of_part(file: ReadFile, part: RowGroup, rng: random.Random | None) -> ReadFile:
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


def obstacles(
    plans: Sequence[ListPlan], lists: Sequence[ContactList], total_size: int, profile: Profile
) -> Iterator[str]:
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


# Contact list filters in import templates: which may be used there, and as tests of rows that are in no list yet.


class _Filter(msgspec.Struct, rename="camel"):
    """What is asked of a stored filter here."""

    id: str
    name: str
    source_type: str = "ContactList"
    filter_type: str | None = None
    clauses: list[Clause] | None = None


def usable_filter(store: Store, filter_id: str) -> Reference:
    """The filter, if an import template may use it. Raises BadRequest (Assumption: the code).

    Source: developer.genesys.cloud, routing/outbound/contactListBuilder: only filters of contact list templates.
    """
    try:
        found = _filter(store, filter_id)
    except NotFound as error:
        raise BadRequest(str(error), "contact.list.filter.not.found") from error
    if found.source_type != "ContactListTemplate":
        raise BadRequest("The sourceType of the contact list filter must be ContactListTemplate.")
    return Reference(id=found.id, name=found.name, self_uri=f"/api/v2/outbound/contactlistfilters/{found.id}")


def named_filter(store: Store, filter_id: str, columns: ContactList, now: float) -> NamedFilter:
    """The filter as a test of rows. Raises NotFound, also if it asks for a column that the rows do not have."""
    found = _filter(store, filter_id)
    criteria = Criteria(filter_type=found.filter_type, clauses=found.clauses)
    asked = list(dict.fromkeys(each.column for each in search.predicates(criteria)))
    if not {*asked} <= {*columns.column_names}:
        raise NotFound("The contact list filter asks for other columns.")
    matches, read = search.matcher(criteria, asked, now), decoder(asked)
    return NamedFilter(found.name, lambda row: matches(next(iter(read([row])))))


def _filter(store: Store, filter_id: str) -> _Filter:
    raw = store.documents(FILTERS).get(filter_id)
    if raw is None:
        raise NotFound("The contact list filter could not be found.")
    return msgspec.json.decode(raw, type=_Filter)
