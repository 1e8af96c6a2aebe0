"""What the tests send: lists and contacts, made with the SDK's own models."""

from typing import Any

import PureCloudPlatformClientV2 as Genesys

COLUMNS = ["Lead ID", "First Name", "Age", "Zip", "Phone"]


def model(kind: type, **attributes: Any) -> Any:
    """One of the SDK's models, whose constructors take nothing, with these attributes."""
    made = kind()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def phone_column(name: str = "Phone", **attributes: Any) -> Genesys.ContactPhoneNumberColumn:
    return model(Genesys.ContactPhoneNumberColumn, column_name=name, **{"type": "cell"} | attributes)


def contact_list(name: str, **attributes: Any) -> Genesys.ContactList:
    """A list that nothing is wrong with, but for what `attributes` change."""
    right = {"name": name, "column_names": COLUMNS, "phone_columns": [phone_column()]}
    return model(Genesys.ContactList, **right | attributes)


def lead(number: int) -> dict[str, str]:
    """The cells of one contact. Its telephone number is one that films use."""
    return {
        "Lead ID": f"L-{number:07}",
        "First Name": ("Zoë", "Ali")[number % 2],
        "Age": str(number % 90),
        "Zip": f"{number % 100_000:05}",
        "Phone": f"+1 555 01{number % 100:02}",
    }


def contact(data: dict[str, Any], **attributes: Any) -> Genesys.WritableDialerContact:
    return model(Genesys.WritableDialerContact, data=data, **attributes)


def contacts(count: int, *, own_ids: bool = False) -> list[Genesys.WritableDialerContact]:
    """Leads as contacts; with `own_ids` each one's id is its lead id."""
    rows = [lead(number) for number in range(count)]
    return [contact(row, id=row["Lead ID"]) if own_ids else contact(row) for row in rows]


def predicate(
    column: str, operator: str, value: str | None = None, **attributes: Any
) -> Genesys.ContactListFilterPredicate:
    """One condition; `in_set`, `min` and `max` go into its range."""
    within = {name: attributes.pop(name) for name in ("in_set", "min", "max") if name in attributes}
    if within:
        attributes["range"] = model(Genesys.ContactListFilterRange, **within)
    given = {"column": column, "column_type": "alphabetic", "operator": operator, "value": value}
    return model(Genesys.ContactListFilterPredicate, **given | attributes)


def clause(*predicates: Genesys.ContactListFilterPredicate, join: str = "AND") -> Genesys.ContactListFilterClause:
    return model(Genesys.ContactListFilterClause, filter_type=join, predicates=[*predicates])


def criteria(*predicates: Genesys.ContactListFilterPredicate, join: str = "AND") -> Genesys.ContactBulkSearchCriteria:
    """What searches, exports and bulk jobs are narrowed down by."""
    return model(Genesys.ContactBulkSearchCriteria, filter_type="AND", clauses=[clause(*predicates, join=join)])
