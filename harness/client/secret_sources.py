"""Where a process has its secrets from: a private file, the environment, the system's keyring. Never its command line,
which every user of the machine can read."""

import os
import re
import resource
import stat
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..errors import UsageError
from ..files.regular_file import settings_text

PREFIX = "GENESYSCLOUD_"
SECRETS = tuple(f"{PREFIX}{name}" for name in ("OAUTHCLIENT_SECRET", "ACCESS_TOKEN", "PROXY_AUTH_PASSWORD"))
OF_LIBRARIES = ("PGPASSWORD", "CONTACTBENCH_JOURNAL")  # they read these again themselves: kept from child processes
KEYRING_SERVICE = "contactbench"
MOST_BYTES = 65_536
INHERITED = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_taken: dict[str, str] = {}


def protect_process() -> None:
    """Before anything else: files are for their owner alone, no child process inherits a secret from the environment,
    and no crash writes the memory to a file. Memory and files hold secrets and people's data."""
    os.umask(0o077)
    _taken.update({name: os.environ.pop(name) for name in SECRETS if name in os.environ})
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def environment() -> dict[str, str]:
    """The environment as it was when the process began."""
    return os.environ | _taken


def environment_of_children() -> dict[str, str]:
    """The environment for a process that this one starts: without secrets."""
    return {name: value for name, value in os.environ.items() if name not in SECRETS + OF_LIBRARIES}


@cache
def read_private(path: Path) -> bytes:
    """A small file of secrets, or the open file behind /dev/fd/N, read once. Raises UsageError, and OSError.

    What is checked is what is read: the file cannot be exchanged in between.
    """
    inherited = INHERITED.fullmatch(str(path))
    # Opening a named pipe would wait for whoever writes to it.
    handle = os.dup(int(inherited[1])) if inherited else os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not (stat.S_ISREG(about.st_mode) or (inherited and stat.S_ISFIFO(about.st_mode))):
            raise UsageError("NOT_PRIVATE", f"{path} is no regular file; secrets are read from one, or from /dev/fd/N.")
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or about.st_uid not in (os.geteuid(), 0):
            raise UsageError("NOT_PRIVATE", f"{path} with secrets is not yours alone; own it and `chmod 600 {path}`.")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UsageError("NOT_PRIVATE", f"{path} has more than {MOST_BYTES:,} bytes, and is no file of secrets.")
    return content


def credentials_in(path: Path | None) -> dict[str, str]:
    """What a file of lines `NAME=value` says, its names those of the environment. Raises UsageError, which repeats
    nothing of the file."""
    if path is None:
        return {}
    try:
        lines = settings_text(read_private(path)).splitlines()
    except OSError as error:
        raise UsageError("NO_CREDENTIALS", f"{path}: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError("NO_CREDENTIALS", f"{path} {error}.") from None
    found = {}
    for number, line in enumerate(lines, 1):
        name, is_pair, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not is_pair or not re.fullmatch(f"{PREFIX}[A-Z_]+", name):
            raise UsageError(
                "NO_CREDENTIALS", f"{path}:{number}: a line is {PREFIX}NAME=value, such as {SECRETS[0]}=..."
            )
        found[name] = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    return found


def keyring_secret(client_id: str) -> str:
    """The secret of an OAuth client in the system's keyring. Raises UsageError. Nothing else loads that library."""
    if find_spec("keyring") is None:
        raise UsageError(
            "NO_KEYRING", "keyring is not installed; `pip install 'contactbench[keyring]'`, then run again."
        )
    import keyring
    from keyring.errors import KeyringError

    try:
        secret: str | None = keyring.get_password(KEYRING_SERVICE, client_id) if client_id else None
    except KeyringError as error:
        raise UsageError("NO_KEYRING", f"the keyring does not answer: {type(error).__name__}.") from None
    if not secret:
        raise UsageError(
            "NO_CREDENTIALS",
            f"the keyring has no secret of OAuth client {client_id!r}; name the client in {PREFIX}OAUTHCLIENT_ID, and"
            f" store its secret with `keyring set {KEYRING_SERVICE} {client_id or 'CLIENT_ID'}`.",
        )
    return secret
