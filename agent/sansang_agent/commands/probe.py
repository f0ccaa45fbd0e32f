"""``sansang check KIND TARGET``: one probe with its phases and evidence, asked by a person, asked once.

Exit 0 ok, 2 failed, 3 could not find out.
"""

from pathlib import Path

import msgspec

from sansang_agent.config_rules import judge as judge_target
from sansang_agent.contract.check import KINDS, Check
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.rung import Rung
from sansang_agent.measure import Progress, measure
from sansang_agent.phrases import Speech
from sansang_agent.table import check_lines
from sansang_agent.verdict import Seen

from . import Said
from .check import Here, Options, tools_for

_EXIT_CODES = {Outcome.OK: 0, Outcome.FAILED: 2, Outcome.UNKNOWN: 3}
ID = "asked"


class TargetError(ValueError):
    """A target that a probe of this kind cannot ask; ``str()`` says what is wanted, in English."""


def one_check(kind: str, target: str, query: str) -> Check:
    """The check a person asked for; raises :class:`TargetError`."""
    fields = {"id": ID, "rung": Rung.MACHINE if kind == "host" else Rung.SERVICE, "target": target, "kind": kind}
    if kind == "dns":
        fields["query"] = query
    found = [message for _, message in judge_target(Path(), KINDS[kind], fields)]
    if found:
        raise TargetError(found[0])
    return msgspec.convert(fields, KINDS[kind])


async def probe(check: Check, here: Here, speech: Speech, options: Options, progress: Progress) -> Said:
    """Ask once and show everything that is known of the answer."""
    measured = await measure([check], tools_for(here.config, here.platform), here.clock, progress)
    result, _began = measured[ID]
    code = _EXIT_CODES[result.outcome]
    if options.as_json:
        return Said(msgspec.json.format(msgspec.json.encode(result)).decode(), code)
    return Said("\n".join(check_lines(Seen(check, result), speech, options.look)), code)
