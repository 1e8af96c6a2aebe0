"""The OAuth client, named as Genesys's own tools name it; without any, the mock's."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from .oauth import Credentials


class _Environment(BaseSettings):
    """GENESYSCLOUD_OAUTHCLIENT_ID and _SECRET, as the `gc` CLI and the Terraform provider read them."""

    model_config = SettingsConfigDict(env_prefix="GENESYSCLOUD_", extra="ignore")

    oauthclient_id: str = "mock-client"
    oauthclient_secret: SecretStr = SecretStr("mock-secret")


def credentials() -> Credentials:
    environment = _Environment()
    return Credentials(environment.oauthclient_id, environment.oauthclient_secret.get_secret_value())
