"""What a mock is started with, checked before anything is opened."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .clients import Client
from .profile import LoadedProfile, ProfileError, at_cpu_speed, load, origins

Pace = Literal["real", "none"]


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
    clients: tuple[Client, ...] = (Client("mock-client", "mock-secret"),)
    pace: Pace = "real"
    ready_file: Path | None = None
    allowed_hosts: frozenset[str] = field(default_factory=frozenset)
    exposed: bool = False  # may listen beyond this machine

    def check(self) -> None:
        """Raises ConfigError."""
        if not (self.exposed or _is_loopback(self.host)):
            raise ConfigError(
                f"{self.host} can be reached from other machines, and this mock's secrets are public;"
                " add --i-understand-this-is-a-mock to listen there."
            )
        if not self.clients:
            raise ConfigError("A mock without a client lets nobody in; give --client ID:SECRET.")

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


def parse_client(text: str) -> Client:
    """`ID:SECRET` as a client with all permissions. Raises ConfigError, which does not repeat the secret."""
    client_id, colon, secret = text.partition(":")
    if not (client_id and colon and secret):
        raise ConfigError("--client takes ID:SECRET, both of them not empty.")
    return Client(client_id, secret)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
