"""
What can stop a run, as a tree. Each class has an exit code; `docs/scripting.md` lists them.

* RunError                    anything a user can be told in one sentence
  + UsageError            2   bad option, bad input: nothing was sent
    - InputBad            2   the input file, with its line
  + Rejected              3   finished; some leads were rejected, mapping and rejects make up the input
  + VerifyFailed          4   lost, doubled or orphaned leads: needs a person
  + GaveUp                5   a temporary trouble outlasted the deadline: the same command goes on
  + Refused               6   the server says no: 401, 403, list gone, cap, columns
  + StateError            7   state locked, corrupt, or of another input, host or list
  + LocalResource         8   disk, memory, permission
  + SafetyStop            9   a host that is not allowed, a cap of the run
"""

import errno
from collections.abc import Iterator

PLAIN_ANSWERS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")  # what OpenSSL calls an answer in http


class RunError(Exception):
    """`code` names the trouble for scripts; the message says what, where, what it means, and the next step."""

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
    """What to tell where `error`, or what it came of, is that this process or machine may open no more files."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return LocalResource("NO_DESCRIPTORS", f"{cause.strerror}; raise `ulimit -n`, then run again.")
    return None


def certificate_error(error: BaseException | None, host: str) -> Refused | None:
    """What to tell where `error`, or what it came of, is a certificate that nobody vouches for."""
    import ssl  # takes a while to load, and errors are loaded by every command

    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(
                "TLS_REFUSED",
                f"{host}: {cause.verify_message}; nothing was sent. A proxy that opens connections has a certificate"
                " authority of its own: give it with --ca-file.",
            )
    return None


def scheme_error(error: BaseException | None, url: str) -> UsageError | None:
    """What to tell where `error`, or what it came of, is an answer in plain http to a client that speaks https."""
    import ssl

    if any(isinstance(cause, ssl.SSLError) and cause.reason in PLAIN_ANSWERS for cause in _causes(error)):
        return wrong_scheme(url)
    return None


def wrong_scheme(url: str) -> UsageError:
    said, _, rest = url.partition("://")
    place, other = rest.partition("/")[0], "http" if said == "https" else "https"
    return UsageError("BAD_TARGET", f"{place} speaks {other}, not {said}; write {other}://{place}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """`error` and what it came of; they may go round."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
