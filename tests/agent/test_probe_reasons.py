import errno
import socket
import ssl

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.names import NameFailure
from sansang_agent.platform import NoPermissionError
from sansang_agent.probes.reasons import ProbeError, reason_of
from sansang_agent.probes.stopwatch import Stopwatch


def windows_error(number: int) -> OSError:
    error = OSError(errno.EINVAL, "Windows says no")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(), Reason.REFUSED),
        (TimeoutError(), Reason.TIMEOUT),
        (OSError(errno.ETIMEDOUT, "x"), Reason.TIMEOUT),
        (OSError(errno.EHOSTUNREACH, "x"), Reason.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "x"), Reason.NO_ROUTE),
        (ConnectionResetError(), Reason.RESET),
        (BrokenPipeError(), Reason.RESET),
        (EOFError("closed early"), Reason.RESET),
        (OSError(errno.EACCES, "x"), Reason.NO_PERMISSION),
        (OSError(errno.EPERM, "x"), Reason.NO_PERMISSION),
        (NoPermissionError("x"), Reason.NO_PERMISSION),
        (ssl.SSLError(1, "x"), Reason.TLS_HANDSHAKE),
        (ssl.SSLEOFError(8, "x"), Reason.RESET),
        (NameFailure(Reason.NXDOMAIN, "x"), Reason.NXDOMAIN),
        (ProbeError(Reason.WRONG_CONTENT, "x"), Reason.WRONG_CONTENT),
        (windows_error(1231), Reason.NO_ROUTE),
        (windows_error(121), Reason.TIMEOUT),
        (OSError(errno.EMFILE, "x"), Reason.INTERNAL),
        (socket.gaierror(-2, "x"), Reason.NO_ROUTE),
        (RuntimeError("x"), Reason.INTERNAL),
    ],
    ids=repr,
)
def test_every_exception_has_one_reason(error: BaseException, reason: Reason) -> None:
    assert reason_of(error)[0] is reason


def test_evidence_is_never_empty() -> None:
    assert reason_of(TimeoutError())[1] == "TimeoutError"
    assert reason_of(RuntimeError("why"))[1] == "RuntimeError: why"


def test_phases_add_up_and_time_runs_out() -> None:
    now = [10.0]
    watch = Stopwatch(2.0, lambda: now[0])
    for _ in range(2):
        with watch.phase("connect"):
            now[0] += 0.75

    assert (watch.phases_ms, watch.left()) == ({"connect": 1500.0}, 0.5)
    now[0] += 0.5
    with pytest.raises(TimeoutError):
        watch.left()
