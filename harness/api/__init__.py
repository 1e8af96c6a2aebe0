"""Each endpoint as two pure functions: build the call, read the reply. The only camelCase of the harness.

Readers raise `BadResponse` for a 2xx whose body does not hold what it claims, and `Refusal` for a plain no.
Source of paths and shapes: official Python SDK 269.0.0, apis/outbound_api.py.
"""

from .answers import JSON, BadResponse, Refusal, correlation_id, decode_body
from .contacts import (
    BULK_GET,
    SEARCH_PAGE,
    Batch,
    ContactsPage,
    add_contacts,
    added_contacts,
    bulk_contacts,
    bulk_get,
    contact,
    contacts_count,
    found_contacts,
    get_contact,
    lead_of,
    search_all,
    search_leads,
)
from .csv_jobs import (
    TRANSFER_TIMEOUT_S,
    Export,
    ImportProgress,
    download,
    download_file,
    export_of,
    get_export,
    import_progress,
    import_status,
    start_export,
    upload_csv,
)
from .lists import (
    DNC_LISTS,
    LISTS,
    ListFound,
    change_dnc_entries,
    clear_list,
    create_dnc_list,
    create_list,
    created_list_id,
    delete_dnc_list,
    delete_list,
    entity_name,
    find_dnc_list,
    find_list,
    find_lists,
    get_dnc_export,
    get_dnc_list,
    get_list,
    list_found,
    list_id_by_name,
    lists_found,
    start_dnc_export,
)
from .platform import (
    CAMPAIGNS,
    Permissions,
    access_token,
    campaigns,
    find_campaigns,
    list_of,
    organization,
    own_grants,
    own_organization,
    permissions_of,
    token,
    token_lifetime_s,
)
