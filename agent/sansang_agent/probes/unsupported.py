"""What is said of a check that the centre has assigned and this version does not know: nothing is asked."""

from sansang_agent.contract.check import UnsupportedCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result

from . import Tools
from .results import bad


async def probe(check: UnsupportedCheck, _tools: Tools) -> Result:
    """Always ``unknown(not_supported)``."""
    return bad(check, Reason.NOT_SUPPORTED, "this version of the program does not know the check")
