"""
The errors that stop a run, as a tree. Each class has an exit code; `docs/scripting.md` lists them.

* RunError                    any error that one sentence explains to the user
  + UsageError            2   bad option, bad input: nothing was sent
    - InputBad            2   the input file, with its line
  + Rejected              3   finished; some leads were rejected, mapping and rejects make up the input
  + VerifyFailed          4   lost, doubled or orphaned leads: needs a person
  + GaveUp                5   a temporary failure outlasted the deadline: the same command resumes
  + Refused               6   the server refuses: 401, 403, list gone, cap, columns
  + StateError            7   state locked, corrupt, or of another input, host or list
  + LocalResource         8   disk, memory, permission
  + SafetyStop            9   a host that is not allowed, a cap of the run
"""

import errno
import re
from collections.abc import Iterator

PLAIN_ANSWERS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")  # OpenSSL's reasons for plain http
# OpenSSL's reasons for two sides that will not agree. What a server that restarts may say as well is not among them.
NO_TLS = re.compile("PROTOCOL|VERSION|HANDSHAKE_FAILURE|CIPHER|CERTIFICATE|UNKNOWN_CA|TOO_SMALL|TOO_WEAK|INSUFFICIENT")
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}


class RunError(Exception):
    """`code` names the error for scripts; the message says what, where, what it means, and the next step."""

    exit_code = 1

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


class UsageError(RunError):
    exit_code = 2


class InputBad(UsageError):
    pass


class Rejected(RunError):
    exit_code = 3


class VerifyFailed(RunError):
    exit_code = 4


class GaveUp(RunError):
    exit_code = 5


class Refused(RunError):
    exit_code = 6


class StateError(RunError):
    exit_code = 7


class LocalResource(RunError):
    exit_code = 8


class SafetyStop(RunError):
    exit_code = 9


def out_of_descriptors(error: BaseException | None) -> LocalResource | None:
    """The error to raise if `error` or one of its causes says that no more files may be opened."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return LocalResource("NO_DESCRIPTORS", f"{cause.strerror}; raise `ulimit -n`, then run again.")
    return None


def disk_error(error: OSError) -> LocalResource | None:
    """The error to raise for a file that cannot be written; None if `error` has another cause."""
    if error.errno not in DISK:
        return None
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return LocalResource(
        "DISK_FULL" if full else "NOT_WRITTEN",
        f"{error.filename or 'a file of the run'}: {error.strerror}; free space or repair the disk, then run the same"
        " command again.",
    )


def connection_error(error: BaseException | None, url: str) -> RunError | None:
    """The error to raise if `error` or one of its causes says that no connection to `url` can ever be agreed on: by the
    other scheme, with another certificate, by another version of TLS; None for one that only failed this time."""
    import ssl  # slow to load, and every command loads this module

    host = url.partition("://")[2].partition("/")[0]
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError) and cause.reason in PLAIN_ANSWERS:
            return wrong_scheme(url)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(
                "TLS_REFUSED",
                f"{host}: {cause.verify_message}; nothing was sent. A proxy that intercepts connections has its own"
                " certificate authority: give it with --ca-file.",
            )
        if isinstance(cause, ssl.SSLError) and NO_TLS.search(cause.reason or ""):
            return Refused(
                "TLS_REFUSED",
                f"{host}: the handshake ended with {cause.reason}; nothing was sent. TLS 1.2 or later is required, with"
                " ciphers and keys that are not too weak.",
            )
    return None


def ends_handshakes(error: BaseException | None) -> bool:
    """Whether `error` or one of its causes is a TLS handshake that the server ended without a word."""
    import ssl

    return any(isinstance(cause, ssl.SSLEOFError) for cause in _causes(error))


def wrong_scheme(url: str) -> UsageError:
    given, _, rest = url.partition("://")
    host, actual = rest.partition("/")[0], "http" if given == "https" else "https"
    return UsageError("BAD_TARGET", f"{host} speaks {actual}, not {given}; write {actual}://{host}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and its causes; the chain may be circular."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
