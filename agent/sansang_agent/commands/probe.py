"""``sansang check KIND TARGET``: one probe with its phases and evidence, asked by a person, asked once.

Exit 0 ok, 2 failed, 3 could not find out.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from sansang_agent.config_rules import judge as judge_target
from sansang_agent.contract.check import KINDS, Check, Profile, SnmpCheck, SnmpVersion
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.rung import Rung
from sansang_agent.evidence import host_of
from sansang_agent.measure import Progress, measure
from sansang_agent.phrases import Speech
from sansang_agent.table import check_lines
from sansang_agent.verdict import Seen

from . import Said
from .check import Here, Options, tools_for

_EXIT_CODES = {Outcome.OK: 0, Outcome.FAILED: 2, Outcome.UNKNOWN: 3}
ID = "asked"
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(SnmpCheck)}


class TargetError(ValueError):
    """A target that a probe of this kind cannot ask; ``str()`` says what is wanted, in English."""


class AccessError(ValueError):
    """Credentials that a device cannot be asked with; ``str()`` says what is wrong, in English."""


def one_check(
    kind: str, target: str, query: str, access: Mapping[str, str] = {}, profile: Profile | None = None
) -> Check:
    """The check a person asked for; raises :class:`TargetError` or :class:`AccessError`.

    ``access``: keys of an snmp check; without any, a device is asked as ``profile`` has it, where it is there.
    """
    fields: dict[str, object] = {
        "id": ID,
        "rung": Rung.MACHINE if kind == "host" else Rung.SERVICE,
        "target": target,
        "kind": kind,
    }
    if kind == "dns":
        fields["query"] = query
    if kind == "snmp":
        fields |= _as_told(access) if access else _as_configured(target, profile)
    for key, message in judge_target(Path(), KINDS[kind], fields):
        raise TargetError(message) if key == "target" else AccessError(f"{key}: {message}")
    return msgspec.convert(fields, KINDS[kind])


def _as_told(access: Mapping[str, str]) -> dict[str, object]:
    """Keys of an snmp check as a person gave them; a user goes with version 3."""
    community = "community_file" in access and "user" not in access
    return {**access, "version": SnmpVersion.V2C if community else SnmpVersion.V3}


def _as_configured(target: str, profile: Profile | None) -> dict[str, object]:
    """How the profile asks this very host."""
    host = host_of(SnmpCheck(id=ID, rung=Rung.SERVICE, target=target))
    for check in profile.checks if profile else ():
        if isinstance(check, SnmpCheck) and host_of(check) == host:
            given = {key: value for key, value in msgspec.structs.asdict(check).items() if value != _DEFAULTS.get(key)}
            return {**given, "id": ID, "target": target}
    return {}


async def probe(check: Check, here: Here, speech: Speech, options: Options, progress: Progress) -> Said:
    """Ask once and show everything that is known of the answer."""
    tools = tools_for(here.config, here.platform)
    try:
        measured = await measure([check], tools, here.clock, progress)
    finally:
        tools.kept.close()
    result, _began = measured[ID]
    code = _EXIT_CODES[result.outcome]
    if options.as_json:
        return Said(msgspec.json.format(msgspec.json.encode(result)).decode(), code)
    return Said("\n".join(check_lines(Seen(check, result), speech, options.look)), code)
