"""What a mock is started with, checked before anything is opened."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from mockserver.loaded_profile import LoadedProfile, ProfileError, load, origins, read_settings
from mockserver.profile import at_cpu_speed
from mockserver.state.auth import OAuthClient

Pace = Literal["real", "none"]

# What becomes of requests and answers that the OpenAPI document does not have. Unless off, such requests are refused,
# and such answers logged; with fail they are a 500 as well.
Strictness = Literal["off", "log", "fail"]


# Those that everybody knows. Some clients send nothing unless their id looks like a real one, which is a UUID.
DEFAULT_CLIENTS = (
    OAuthClient("mock-client", "mock-secret"),
    OAuthClient("11111111-2222-4333-8444-555555555555", "mock-secret"),
)


class ConfigError(Exception):
    """The mock cannot start as asked; the message is one sentence for whoever started it."""

    exit_code = 2


class StoreUnavailableError(ConfigError):
    exit_code = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    host: str = "127.0.0.1"
    port: int = 8080
    control_port: int = 0  # 0 picks a free one, as for `port`
    profile: str = "default"
    store: str = ":memory:"
    seed: int = 0
    clients: tuple[OAuthClient, ...] = DEFAULT_CLIENTS
    pace: Pace = "real"
    ready_file: Path | None = None
    allowed_hosts: frozenset[str] = field(default_factory=frozenset)
    allowed_origins: frozenset[str] = field(default_factory=frozenset)  # of pages in a browser
    exposed: bool = False  # may listen beyond this machine
    max_connections: int = 1_000  # at once; one more takes the place of an idle one, or is answered 503
    access_log: Path | None = None
    strictness: Strictness = "off"
    tls: bool = False  # by an authority made for this run

    def check(self) -> None:
        """Raises ConfigError."""
        if not (self.exposed or _is_loopback(self.host)):
            raise ConfigError(
                f"{self.host} can be reached from other machines, and this mock's secrets are public;"
                " add --i-understand-this-is-a-mock to listen there."
            )
        if not self.clients:
            raise ConfigError("A mock without a client lets nobody in; give --client ID:SECRET.")
        if len({client.id for client in self.clients}) < len(self.clients):
            raise ConfigError("Two clients have the same id.")
        if all(client.org for client in self.clients):
            raise ConfigError("The first org, the one without a name, needs a client too.")
        for origin in sorted(self.allowed_origins):
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                raise ConfigError(f"{origin} is no origin; --allow-origin takes one such as http://localhost:3000.")

    def store_of(self, org: str) -> str:
        """Where the org of that name keeps its state: beside the first one's."""
        if not org or self.store == ":memory:":
            return self.store
        path = Path(self.store)
        return str(path.with_name(f"{path.stem}.{org}{path.suffix}"))

    def loaded_profile(self) -> LoadedProfile:
        """The profile at the pace asked for. Raises ConfigError."""
        try:
            loaded = load(self.profile)
        except ProfileError as error:
            raise ConfigError(f"The profile cannot be used: {error}.") from error
        if self.pace == "real":
            return loaded
        fast = at_cpu_speed(loaded.profile)
        return LoadedProfile(fast, origins(loaded.profile, fast, loaded.sources, "--pace none"))


def parse_client(text: str) -> OAuthClient:
    """`ID:SECRET[:GRANTS][@ORG]` as a client. Raises ConfigError, which does not repeat the secret.

    GRANTS are permissions with commas between them, a minus before those to go without; without any it holds all.
    """
    text, _, org = text.rpartition("@") if "@" in text else (text, "", "")
    client_id, _, rest = text.partition(":")
    secret, _, grants = rest.partition(":")
    if not (client_id and secret):
        raise ConfigError("--client takes ID:SECRET[:GRANTS][@ORG], id and secret not empty.")
    return _with_valid_names(OAuthClient(client_id, secret, org=org).with_grants(grants.split(",") if grants else None))


def clients_in(path: Path) -> list[OAuthClient]:
    """The clients of a TOML file: `[[client]]` with `id`, `secret`, and perhaps `grants` and `org`."""
    try:
        tables = msgspec.toml.decode(read_settings(path), type=_ClientsFile).client
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # the message may quote a secret
        raise ConfigError(f"{path} is not a TOML file of [[client]] tables with id, secret, grants, org.") from error
    return [
        _with_valid_names(OAuthClient(each.id, each.secret, org=each.org).with_grants(each.grants)) for each in tables
    ]


class _ClientTable(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(min_length=1)]
    secret: Annotated[str, msgspec.Meta(min_length=1)]
    grants: list[str] | None = None
    org: str = ""


class _ClientsFile(msgspec.Struct, forbid_unknown_fields=True):
    client: list[_ClientTable]


def _with_valid_names(client: OAuthClient) -> OAuthClient:
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", client.org):
        raise ConfigError("The name of an org is of letters, digits, - and _.")
    if any(not name for name in client.grants or ()):
        raise ConfigError(f"A permission of {client.id} is empty.")
    return client


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
