"""The OAuth client of a server on this machine, named as Genesys's own tools name it; without any, the mock's."""

import os

from .oauth import Credentials

ID, SECRET = "GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"
MOCK = Credentials("mock-client", "mock-secret")


def credentials() -> Credentials:
    """As the `gc` CLI and the Terraform provider read them."""
    return Credentials(os.environ.get(ID, MOCK.client_id), os.environ.get(SECRET, MOCK.client_secret))
