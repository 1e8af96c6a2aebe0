"""Starting the mock, telling that it is ready, and stopping it without a trace."""

import asyncio
import ctypes
import errno
import gc
import json
import logging
import os
import re
import resource
import secrets
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web

from mockserver.app import create_app
from mockserver.clock import Clock, SystemClock
from mockserver.config import Config, ConfigError, StoreUnavailableError
from mockserver.control.app import create_control_app
from mockserver.http.connections import ConnectionLimiter
from mockserver.loaded_profile import read_settings
from mockserver.services import Services, create_services
from mockserver.state import Org
from mockserver.state.auth import OAuthClient
from mockserver.storage import Store
from mockserver.storage.spool import spool_folder

log = logging.getLogger(__name__)

_CONTROL_CONNECTIONS = 100
_IN_MEMORY = ":memory:"
_STOP_S = 2.0  # how long requests in work may take once the mock is told to stop
_HANDSHAKE_S = 10.0
_BACKLOG = 128  # connections that the system accepts ahead of the server
_SPARE_FILES = 2 * _BACKLOG  # for them, the store, the spool and the control port


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What somebody needs to use the running mock; the ready file holds it as JSON."""

    url: str
    control_url: str
    control_token: str
    pid: int
    client_id: str
    client_secret: str
    ca_file: str = ""  # of the authority that clients have to trust; "": there is no TLS


async def run(config: Config, announce: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError if it cannot start."""
    os.umask(0o077)  # whatever is written from here on is the owner's alone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no crash writes the memory to a file
    stop = asyncio.Event()
    async with serving(config) as ready:
        for number in (signal.SIGTERM, signal.SIGINT):  # until now they end the process, whatever it is reading
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        spare_the_garbage_collector()
        keep_freed_memory()
        with _ready_file(config.ready_file, ready):
            announce(ready)
            await stop.wait()


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[Ready]:
    """The org on its two ports for as long as the context lasts."""
    control_token = secrets.token_hex(32)
    with opened_orgs(config, SystemClock()) as (services, *others):
        hosts = config.allowed_hosts | ({config.host} if config.exposed else frozenset())
        app = create_app(services, hosts, others, strictness=config.strictness)
        control_app = create_control_app(services, control_token, others)
        at_most = connections_for(config.max_connections)
        with _access_log(config.access_log) as access_log, _certified(config) as (tls, ca_file):
            async with (
                listening(app, config.host, config.port, at_most, access_log, tls) as url,
                listening(control_app, "127.0.0.1", config.control_port, _CONTROL_CONNECTIONS, access_log) as control,
            ):
                yield _ready(services.org, url, control, control_token, ca_file)


@contextmanager
def _certified(config: Config) -> Iterator[tuple[ssl.SSLContext | None, str]]:
    """What the server shows its clients, and a file with the authority that vouches for it: both are of this run."""
    if not config.tls:
        yield None, ""
        return
    try:
        import trustme  # slow to load, and few want it
    except ImportError as error:
        raise ConfigError("--tls needs another package: pip install 'contactbench[tls]'.") from error
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = {"localhost", "127.0.0.1", "::1", config.host.strip("[]"), *config.allowed_hosts}
    authority.issue_cert(*sorted(names)).configure_cert(tls)
    with spool_folder() as folder:
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        yield tls, str(folder / "ca.pem")


def connections_for(wanted: int) -> int:
    """As many connections as wanted, or as the process may have open files for; says so if that is less."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or wanted + _SPARE_FILES <= soft:
        return wanted
    if hard == resource.RLIM_INFINITY or hard > soft:
        soft = wanted + _SPARE_FILES if hard == resource.RLIM_INFINITY else min(hard, wanted + _SPARE_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    at_most = max(1, min(wanted, soft - min(_SPARE_FILES, soft // 2)))
    if at_most < wanted:
        log.warning(
            "This process may open %d files, so at most %d connections are served at once, not %d;"
            " `ulimit -n %d` before the start allows all of them.",
            *(soft, at_most, wanted, wanted + _SPARE_FILES),
        )
    return at_most


@contextmanager
def _access_log(path: Path | None) -> Iterator[logging.Logger | None]:
    """A log that appends to the file, which is made for its owner alone."""
    if path is None:
        yield None
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise ConfigError(f"The access log {path} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "a", encoding="ascii") as file:
        access_log = logging.Logger("mockserver.access")
        access_log.addHandler(logging.StreamHandler(file))
        yield access_log


@contextmanager
def opened_orgs(config: Config, clock: Clock) -> Iterator[list[Services]]:
    """All orgs that have clients, the one without a name first."""
    names = dict.fromkeys(["", *(client.org for client in config.clients)])
    with ExitStack() as stack:
        yield [stack.enter_context(opened_org(config, clock, name)) for name in names]


@contextmanager
def opened_org(config: Config, clock: Clock, name: str = "") -> Iterator[Services]:
    """The org as configured, not served yet. Each has a store of its own. Raises ConfigError."""
    config.check()
    profile = config.loaded_profile()
    place = config.store_of(name)
    with _open_store(place) as store, spool_folder(None if place == _IN_MEMORY else Path(place).parent) as spool:
        yield create_services(
            store=store,
            clock=clock,
            profile=profile,
            spool=spool,
            clients=list(config.clients),
            seed=config.seed,
            name=name,
            browser_origins=config.allowed_origins,
        )


def _ready(org: Org, url: str, control_url: str, control_token: str, ca_file: str) -> Ready:
    client = next(iter(org.clients.values()))
    return Ready(
        url=url,
        control_url=control_url,
        control_token=control_token,
        pid=os.getpid(),
        client_id=client.id,
        client_secret=client.secret,
        ca_file=ca_file,
    )


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    at_most: int = 0,
    access_log: logging.Logger | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """The address under which `app` is served, to `at_most` connections at once."""
    runner = web.AppRunner(app, shutdown_timeout=_STOP_S)
    await runner.setup()
    try:
        server = await _listen(runner, host, port, at_most, access_log, tls)
        try:
            bound_host, bound_port = server.sockets[0].getsockname()[:2]
            scheme, name = "https" if tls else "http", f"[{bound_host}]" if ":" in bound_host else bound_host
            yield f"{scheme}://{name}:{bound_port}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _listen(
    runner: web.AppRunner,
    host: str,
    port: int,
    at_most: int,
    access_log: logging.Logger | None,
    tls: ssl.SSLContext | None,
) -> asyncio.Server:
    """A listening socket. aiohttp's own sites have no place for a limiter."""
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    limiter = ConnectionLimiter(runner.server, at_most, access_log=access_log)
    try:
        patience_s = _HANDSHAKE_S if tls else None  # asyncio takes none without TLS
        return await asyncio.get_running_loop().create_server(
            limiter, host, port, backlog=_BACKLOG, ssl=tls, ssl_handshake_timeout=patience_s
        )
    except OSError as error:
        raise ConfigError(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken; choose another, or 0 for any free one."
    return f"Cannot listen on {host}, port {port}: {error.strerror or error}."


@contextmanager
def _open_store(store: str) -> Iterator[Store]:
    """The store named on the command line, closed at the end."""
    opened = _open(store)
    try:
        yield opened
    finally:
        opened.close()


def _open(store: str) -> Store:
    if store == _IN_MEMORY:
        from mockserver.storage.memory_store import MemoryStore

        return MemoryStore()
    from mockserver.storage.durable_store import (  # SQLite is loaded only for a store that is kept
        DurableStore,
        StoreError,
        UnusableError,
    )

    try:
        return DurableStore(Path(store))
    except UnusableError as error:
        raise ConfigError(f"The store cannot be opened: {error}.") from error
    except StoreError as error:
        raise StoreUnavailableError(f"The store cannot be opened: {error}") from error


@contextmanager
def _ready_file(path: Path | None, ready: Ready) -> Iterator[None]:
    """Write the file whole and for its owner alone, and remove it when the mock is not ready any more."""
    if path is None:
        yield
        return
    draft = path.with_name(f".{path.name}.{ready.pid}")
    try:
        if path.exists() and b'"control_token"' not in read_settings(path):
            raise ValueError
        draft.unlink(missing_ok=True)
        with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            json.dump(asdict(ready), file)
        draft.replace(path)
    except ValueError:
        raise ConfigError(f"{path} is no ready file, and stays as it is; name another file.") from None
    except OSError as error:
        raise ConfigError(f"The ready file {path} cannot be written: {error.strerror}.") from error
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()


# How a process that does nothing but serve deals with its memory.


# Of glibc's malloc.h: blocks from which on, and free bytes at the end of the heap from which on, it asks the system.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_LARGE_BYTES = 4 << 20  # more than any answer; such a block can grow without being copied
_KEPT_BYTES = 32 << 20


def spare_the_garbage_collector() -> None:
    """What is loaded by now stays, and need not be walked again.

    The rest is walked as often as it takes: a request leaves some ten objects in cycles, and a connection kilobytes,
    which would be megabytes in minutes. Contacts are no objects to the collector: to walk 1.5 million takes 35 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 5, 5)


def keep_freed_memory() -> None:
    """Do not give back what the next request needs again: a batch and its answer are half a megabyte each.

    To get those pages anew took a fifth of the CPU of a `POST` of 1,000 contacts. Without glibc nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


# What to paste where, to point a client at the running mock.


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def hints(ready: Ready, clients: Sequence[OAuthClient]) -> str:
    """Lines for people, one client a paragraph. Sources: the clients' own configuration code (contract notes, 9)."""
    scheme, _, where = ready.url.partition("://")
    host, _, port = where.rpartition(":")
    others = [client for client in clients if client.id != ready.client_id and _UUID.fullmatch(client.id)]
    like_a_real_one = "".join(
        f"\n# Clients that take nothing but a UUID for a client id\n{each.id} {each.secret}\n" for each in others[:1]
    )
    trust = (
        f"\n# Clients have to trust {ready.ca_file}, as by --ca-file of an upload and --cacert of curl\n"
        f"export SSL_CERT_FILE={ready.ca_file} REQUESTS_CA_BUNDLE={ready.ca_file} NODE_EXTRA_CA_CERTS={ready.ca_file}\n"
        if ready.ca_file
        else ""
    )
    return f"""\
contactbench mock of a Genesys Cloud org at {ready.url} (pid {ready.pid})
control API at {ready.control_url}, token {ready.control_token}
{trust}
# contactbench, and every tool that reads the official variables
export GENESYSCLOUD_OAUTHCLIENT_ID={ready.client_id} GENESYSCLOUD_OAUTHCLIENT_SECRET={ready.client_secret}
contactbench upload --target {ready.url} ...

# curl
curl -s -u {ready.client_id}:{ready.client_secret} -d grant_type=client_credentials {ready.url}/oauth/token

# Python SDK
client = PureCloudPlatformClientV2.api_client.ApiClient(host="{ready.url}")
client.get_client_credentials_token("{ready.client_id}", "{ready.client_secret}")

# JavaScript SDK, before the login
client.setGateway({{host: "{host}", protocol: "{scheme}", port: {port}}})

# Terraform, Go SDK, gc CLI
export GENESYSCLOUD_GATEWAY_HOST={host} GENESYSCLOUD_GATEWAY_PORT={port} GENESYSCLOUD_GATEWAY_PROTOCOL={scheme}
{like_a_real_one}"""
