"""How a probe writes down what it found: a :class:`Result` whose outcome always fits its reason.

``at`` stays 0; the runner knows when the probe began.
"""

import re
from typing import Any

from sansang_agent.contract.check import Check
from sansang_agent.contract.outcome import Outcome, Reason, outcome_of
from sansang_agent.contract.report import Result

from .reasons import reason_of
from .stopwatch import Stopwatch

_DETAIL = 500
"""Characters of evidence that go into a report."""
_SPACES = re.compile(r"[\t-\r\x85\u2028\u2029]")
_NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def good(check: Check, **found: Any) -> Result:
    """An answer that is as it should be."""
    return Result(check=check.id, outcome=Outcome.OK, **_tidy(found))


def bad(check: Check, reason: Reason, detail: str, **found: Any) -> Result:
    """``failed`` or ``unknown``, whichever ``reason`` belongs to."""
    return Result(check=check.id, outcome=outcome_of(reason), reason=reason, **_tidy({**found, "detail": detail}))


def from_error(check: Check, error: BaseException, watch: Stopwatch, **found: Any) -> Result:
    """What an expected exception says; a timeout names the phase it fell in."""
    reason, detail = reason_of(error)
    if isinstance(error, TimeoutError) and watch.last:
        detail = f"no answer in phase {watch.last}"
    return bad(check, reason, detail, phases_ms=watch.phases_ms or None, **found)


def _tidy(found: dict[str, Any]) -> dict[str, Any]:
    detail = found.get("detail")
    if detail:
        found["detail"] = plain(detail)[:_DETAIL]
    return found


def plain(text: str) -> str:
    """A server's words as they may be written anywhere: no control characters, no change of direction, no half letter.

    They go to terminals, pages and messages; half of a pair (a lone surrogate) could not even be sent.
    """
    return _NOT_PLAIN.sub("\ufffd", _SPACES.sub(" ", text))
