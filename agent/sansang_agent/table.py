"""The traffic lights by rung as text: shape, rung, state and why; each check in detail on ask.

State is told by shape and word as well as by colour, so that it survives paper, colour blindness and old consoles.
"""

from collections.abc import Iterator

import msgspec

from .contract.light import Light
from .contract.outcome import Outcome
from .contract.report import Result
from .contract.rung import Network
from .device_lines import device_lines
from .phrases import Speech, mark
from .verdict import Note, Row, Seen, name_of

_SHAPES = {Light.OK: "●", Light.DEGRADED: "▲", Light.FAILED: "✖", Light.UNKNOWN: "?", Light.NOT_CONFIGURED: "○"}
_ASCII_SHAPES = {
    Light.OK: "[+]",
    Light.DEGRADED: "[!]",
    Light.FAILED: "[X]",
    Light.UNKNOWN: "[?]",
    Light.NOT_CONFIGURED: "[ ]",
}
_COLOURS = {Light.OK: 32, Light.DEGRADED: 33, Light.FAILED: 31, Light.UNKNOWN: 35, Light.NOT_CONFIGURED: 90}
_OUTCOME_LIGHTS = {Outcome.OK: Light.OK, Outcome.FAILED: Light.FAILED, Outcome.UNKNOWN: Light.UNKNOWN}
_NOTES = {
    Note.SILENT_BUT_PASSES: mark("does not answer itself, but lets everything through"),
    Note.NO_INTERNET: mark("there is no connection to measure over"),
    Note.NO_NAME: mark("the names could not be looked up, so nothing was asked"),
    Note.BEHIND: mark("lies behind the break"),
    Note.UNPLUGGED: mark("not on a network"),
    Note.CLOCK: mark("this computer's clock is wrong"),
    Note.SLOW: mark("answers slowly"),
}


_PHASES = {
    "proxy": mark("reach the proxy"),
    "resolve": mark("look up the name"),
    "connect": mark("connect"),
    "tls": mark("secure the connection"),
    "first_byte": mark("wait for the answer"),
    "transfer": mark("transfer"),
}


class Look(msgspec.Struct, frozen=True):
    """What the place it is shown on can do."""

    colour: bool = False
    ascii_only: bool = False


def table(rows: tuple[Row, ...], speech: Speech, look: Look, *, verbose: bool = False) -> str:
    """All rungs, one line each; with ``verbose`` every check and its evidence below its rung."""
    titles = [_title(row, speech) for row in rows]
    width = max((len(title) for title in titles), default=0)
    states = max((len(speech.word("light", light)) for light in Light), default=0)
    lines: list[str] = []
    for row, title in zip(rows, titles, strict=True):
        state = speech.word("light", row.light)
        lines.append(f"{_shape(row.light, look)} {title:<{width}}  {state:<{states}}  {_why(row, speech)}".rstrip())
        if verbose:
            lines.extend(f"    {line}" for line in _checks(row, speech, look))
    return "\n".join(lines)


def _title(row: Row, speech: Speech) -> str:
    return speech.word("network", row.network) if row.network is Network.TSLCD else speech.word("rung", row.rung)


def _shape(light: Light, look: Look) -> str:
    shape = (_ASCII_SHAPES if look.ascii_only else _SHAPES)[light]
    return f"\x1b[{_COLOURS[light]}m{shape}\x1b[0m" if look.colour else shape


def _why(row: Row, speech: Speech) -> str:
    """Why a light is not green, in one line: a note, or the reasons of what is wrong."""
    if row.note:
        return speech.say(_NOTES[row.note])
    if row.light in (Light.OK, Light.NOT_CONFIGURED):
        return ""
    wrong = [each for each in row.seen if each.result and each.result.reason]
    reasons = {each.result.reason for each in wrong if each.result}
    if len(wrong) == len(row.seen) and len(reasons) == 1:
        return speech.word("reason", str(reasons.pop()))
    return "; ".join(f"{name_of(each.check)}: {_reason(each.result, speech)}" for each in wrong if each.result)


def _reason(result: Result, speech: Speech) -> str:
    return speech.word("reason", result.reason) if result.reason else speech.word("outcome", result.outcome)


def _checks(row: Row, speech: Speech, look: Look) -> Iterator[str]:
    if row.note in (Note.NO_INTERNET, Note.NO_NAME):
        return
    for seen in row.seen:
        yield from check_lines(seen, speech, look)


def check_lines(seen: Seen, speech: Speech, look: Look) -> Iterator[str]:
    """One check: its state, its target and where that is from, then the evidence of its result."""
    _ = speech.say
    result, check = seen.result, seen.check
    light = _OUTCOME_LIGHTS[result.outcome] if result else Light.UNKNOWN
    state = _reason(result, speech) if result else _("not measured yet")
    source = f" ({check.source})" if check.source else ""
    target = f" [{check.target}]" if check.name else ""
    yield f"{_shape(light, look)} {name_of(check)}{target}{source}: {state}"
    if result:
        yield from (f"    {line}" for line in evidence_lines(result, speech))


def evidence_lines(result: Result, speech: Speech) -> Iterator[str]:
    """What a result knows beyond its outcome, one fact a line."""
    _ = speech.say
    if result.address:
        yield _("address: {address}").format(address=result.address)
    if result.sent:
        lost = result.lost or 0
        yield _("echoes: {sent} sent, {lost} lost").format(sent=result.sent, lost=lost)
    if result.rtt_ms:
        fastest, median, _p95, slowest = (_number(each, speech) for each in result.rtt_ms)
        yield _("round trip: {fastest} / {median} / {slowest} ms (fastest, median, slowest)").format(
            fastest=fastest, median=median, slowest=slowest
        )
    if result.phases_ms:
        yield _("time: {phases}").format(phases=_phases(result.phases_ms, speech))
    yield from _facts(result, speech)


def _facts(result: Result, speech: Speech) -> Iterator[str]:
    _ = speech.say
    if result.hops:
        hops = ", ".join(f"{hop.ttl}: {hop.address}" for hop in result.hops)
        yield _("hops that answered: {hops}").format(hops=hops)
    if result.status:
        yield _("HTTP status: {status}").format(status=result.status)
    if result.cert_expiry is not None:
        yield _("certificate until: {date}").format(date=speech.date(result.cert_expiry))
    yield from device_lines(result, speech)
    if result.fallback:
        yield _("measured another way: {way}").format(way=result.fallback)
    if result.detail and not result.pings:  # what a ping beside silence means has been said already
        yield _("evidence: {detail}").format(detail=result.detail)


def _phases(phases: dict[str, float], speech: Speech) -> str:
    named = [f"{_phase(name, speech)} {_number(spent, speech)}" for name, spent in phases.items()]
    return f"{', '.join(named)} (ms)"


def _phase(name: str, speech: Speech) -> str:
    """A phase this version knows has a name; another is shown as it is."""
    return speech.say(_PHASES[name]) if name in _PHASES else name


def _number(value: float, speech: Speech) -> str:
    text = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return text.replace(".", ",") if speech.language == "vi" else text
