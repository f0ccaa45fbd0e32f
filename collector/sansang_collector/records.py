"""Which reports of an envelope are taken and which are refused, with the field and why. Pure.

A refused record never takes its neighbours with it; a malformed envelope is one problem.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Literal, NamedTuple

import msgspec

from sansang_agent.contract.check import Profile
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.outcome import Outcome, Reason, outcome_of
from sansang_agent.contract.report import MAX_REPORTS, VERSION, Refused, Report, Result, Sent, SpoolState

from .arrivals import Taken

Kind = Literal["malformed", "invalid", "future", "conflict"]

FUTURE_SECONDS = 120.0
"""How far a result may lie after the sender's own clock."""
FUTURE_WALL_SECONDS = 400 * 86_400.0
"""What no clock shows. Less is one that was fast until it was set right: its reports are real, and dated by mono."""
CLOCK_READING_SECONDS = 0.5
"""Two readings of one monotonic clock may be rounded this differently."""
MAX_MONO = 4e9
MAX_WALL = 1e11
MAX_AT_MS = 31 * 86_400_000
MAX_TEXT = 128
MAX_DROPPED = 10_000
MAX_PROFILES = 16
"""Profiles looked at in one envelope; an agent has one, and one it had before."""
MAX_RESULTS = 1_000
"""Results in one report: more are no machine's checks, and would hold up everyone's."""
HOLDS_NUL = "holds a NUL"
"""What no text of a PostgreSQL database can hold; what is kept as bytes may."""
LAST_EXPIRY = 253_402_300_799
"""9999-12-31 23:59:59, what a certificate without an end says (RFC 5280, section 4.1.2.5)."""

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises over bytes from outside; it does not wrap the second, text that is not UTF-8."""

MAX_NAMES = 10_000
"""Names of checks remembered as right; beyond that all are forgotten, and looked at again."""

_CHECK_NAME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,95}")
_WHERE = re.compile(r"^(?P<what>.*) - at `(?:key in )?\$\.?(?P<field>.*)`$", re.DOTALL)


class EnvelopeError(Exception):
    """The envelope as a whole cannot be taken; ``status`` 400, or 413 for too many reports."""

    def __init__(self, field: str, why: str, status: int = 400) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.status = status


class Opened(NamedTuple):
    """An envelope that is right as a whole; its reports and profiles are still raw."""

    sent: Sent
    spool: SpoolState
    profiles: dict[str, msgspec.Raw]
    reports: tuple[msgspec.Raw, ...]


class Refusal(NamedTuple):
    """One record that is not taken, and which kind of mistake it is."""

    kind: Kind
    record: Refused


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """contract.report.Envelope, with profiles left raw: one from a newer agent must not refuse its reports."""

    v: int
    sent: Sent
    spool: SpoolState = SpoolState()
    profiles: dict[Annotated[str, msgspec.Meta(max_length=MAX_TEXT)], msgspec.Raw] = {}
    reports: tuple[msgspec.Raw, ...] = ()


class _Version(msgspec.Struct):
    v: int


class _Identity(msgspec.Struct):
    stream: str | None = None
    seq: int | None = None


class _Flaw(NamedTuple):
    kind: Kind
    field: str
    why: str


def open_envelope(body: bytes) -> Opened:
    """Decode the outside; raises :class:`EnvelopeError`."""
    try:
        envelope = _open(body)
    except UNDECODABLE as error:
        _check_version(body)
        field, why = _explain(error)
        raise EnvelopeError(field, why) from error
    if envelope.v != VERSION:
        raise _wrong_version(envelope.v)
    if len(envelope.reports) > MAX_REPORTS:
        raise EnvelopeError("reports", f"more than {MAX_REPORTS} reports in one envelope", 413)
    if flaw := _envelope_flaw(envelope.sent, envelope.spool):
        raise EnvelopeError(*flaw)
    profiles = envelope.profiles
    if len(profiles) > MAX_PROFILES:
        profiles = dict(islice(profiles.items(), MAX_PROFILES))
    return Opened(envelope.sent, envelope.spool, profiles, envelope.reports)


def sort_out(opened: Opened) -> tuple[list[Taken], list[Refusal]]:
    """Decode and judge every report: those that are taken, with their exact bytes, and those that are refused."""
    taken: list[Taken] = []
    refused: list[Refusal] = []
    for index, raw in enumerate(opened.reports):
        try:
            report = _decode(raw)
        except UNDECODABLE as error:
            refused.append(_refuse(index, raw, _Flaw("malformed", *_explain(error))))
            continue
        flaw = None if _is_flawless(report, opened.sent) else next(_flaws(report, opened.sent), None)
        if flaw:
            refused.append(_refuse(index, raw, flaw))
        else:
            taken.append(Taken(index, report, bytes(raw)))
    return taken, refused


def usable_profiles(profiles: dict[str, msgspec.Raw]) -> dict[str, Profile]:
    """The profiles that are what their hash says; others, and kinds of check not known here, are left out."""
    usable = {}
    for name, raw in profiles.items():
        try:
            profile = msgspec.json.decode(raw, type=Profile)
        except UNDECODABLE:
            continue
        if profile_hash(profile) == name:
            usable[name] = profile
    return usable


def conflict(taken: Taken) -> Refusal:
    """The refusal of a report whose identity the log holds with other content."""
    report = taken.report
    return Refusal("conflict", Refused(index=taken.index, stream=report.stream, seq=report.seq, why="conflict"))


def _check_version(body: bytes) -> None:
    """A later version may look different in every other way, so its number is what the problem names."""
    try:
        version = msgspec.json.decode(body, type=_Version).v
    except UNDECODABLE:
        return
    if version != VERSION:
        raise _wrong_version(version)


def _wrong_version(found: int) -> EnvelopeError:
    return EnvelopeError("v", f"version {str(found)[:20]} is not known here; this collector speaks version {VERSION}")


def _envelope_flaw(sent: Sent, spool: SpoolState) -> tuple[str, str] | None:
    if "\0" in sent.boot:
        return "sent.boot", HOLDS_NUL
    if sent.mono > MAX_MONO or sent.wall > MAX_WALL:
        return "sent.mono" if sent.mono > MAX_MONO else "sent.wall", "out of range"
    if spool.oldest is not None and not 0 <= spool.oldest <= MAX_WALL:
        return "spool.oldest", "out of range"
    if len(spool.dropped) > MAX_DROPPED:
        return "spool.dropped", f"more than {MAX_DROPPED} ranges"
    if spool.dropped and any(first > last for first, last in spool.dropped):
        return "spool.dropped", "a range ends before it begins"
    return None


def _is_flawless(report: Report, sent: Sent) -> bool:
    """The quick answer for nearly all reports; where it is False, :func:`_flaws` has the last word and says why."""
    same_boot = report.boot == sent.boot
    if (
        report.mono > MAX_MONO
        or report.wall > MAX_WALL
        or report.wall > sent.wall + FUTURE_WALL_SECONDS
        or (same_boot and report.mono > sent.mono + CLOCK_READING_SECONDS)
        or report.goodbye is not None
        or report.answers
        or len(report.results) > MAX_RESULTS
        or max(len(report.start), len(report.version), len(report.config)) > MAX_TEXT
        or "\0" in report.boot + report.start + report.version + report.config + report.assigned
    ):
        return False
    latest_ms = min(_latest_ms(report, sent, same_boot), MAX_AT_MS)
    names, outcomes = _known_names, _OUTCOMES
    for result in report.results:
        if (
            not -MAX_AT_MS <= result.at <= latest_ms
            or result.outcome is not outcomes[result.reason]
            or (result.check not in names and not _is_name(result.check))
            or (result.lost and result.lost > (result.sent or 0))
            or (result.cert_expiry and not -LAST_EXPIRY <= result.cert_expiry <= LAST_EXPIRY)
        ):
            return False
    return True


def _latest_ms(report: Report, sent: Sent, same_boot: bool) -> float:
    """How far after its report's mono a result may lie: up to the sender's clock where that can be compared."""
    return ((sent.mono - report.mono if same_boot else 0.0) + FUTURE_SECONDS) * 1000


def _is_name(check: str) -> bool:
    """Whether it is a check's name. The right ones are remembered: the same few come with every report."""
    if not _CHECK_NAME.fullmatch(check):
        return False
    if len(_known_names) >= MAX_NAMES:
        _known_names.clear()
    _known_names.add(check)
    return True


def _flaws(report: Report, sent: Sent) -> Iterator[_Flaw]:
    same_boot = report.boot == sent.boot
    yield from _out_of_range(report)
    if same_boot and report.mono > sent.mono + CLOCK_READING_SECONDS:
        yield _Flaw("future", "mono", "after the sender's own clock (sent.mono)")
    if report.wall > sent.wall + FUTURE_WALL_SECONDS:
        days = FUTURE_WALL_SECONDS / 86_400
        yield _Flaw("future", "wall", f"more than {days:.0f} days after the sender's own clock (sent.wall)")
    latest_ms = _latest_ms(report, sent, same_boot)
    yield from _all_results_flaws(report.results, latest_ms, "results")
    for index, answer in enumerate(report.answers):
        yield from _all_results_flaws(answer.results, latest_ms, f"answers[{index}].results")


def _out_of_range(report: Report) -> Iterator[_Flaw]:
    back = report.goodbye.back if report.goodbye else None
    wrong = {
        "mono": report.mono > MAX_MONO,
        "wall": report.wall > MAX_WALL,
        "goodbye.back": back is not None and not 0 <= back <= MAX_WALL,
    }
    yield from (_Flaw("invalid", field, "out of range") for field, is_wrong in wrong.items() if is_wrong)
    if len(report.results) > MAX_RESULTS:
        yield _Flaw("invalid", "results", f"more than {MAX_RESULTS}")
    for field in ("boot", "start", "version", "config", "assigned"):
        text = getattr(report, field)
        if len(text) > MAX_TEXT:
            yield _Flaw("invalid", field, f"longer than {MAX_TEXT} characters")
        if "\0" in text:
            yield _Flaw("invalid", field, HOLDS_NUL)


def _all_results_flaws(results: Iterable[Result], latest_ms: float, where: str) -> Iterator[_Flaw]:
    for index, result in enumerate(results):
        for kind, field, why in _result_flaws(result, latest_ms):
            yield _Flaw(kind, f"{where}[{index}].{field}", why)


def _result_flaws(result: Result, latest_ms: float) -> Iterator[_Flaw]:
    if not _CHECK_NAME.fullmatch(result.check):
        yield _Flaw("invalid", "check", "not a check's name (a-z 0-9 _ . : -, at most 96)")
    if abs(result.at) > MAX_AT_MS:
        yield _Flaw("invalid", "at", "out of range")
    elif result.at > latest_ms:
        yield _Flaw("future", "at", f"more than {FUTURE_SECONDS:.0f} s after the sender's own clock")
    if result.cert_expiry is not None and abs(result.cert_expiry) > LAST_EXPIRY:
        yield _Flaw("invalid", "cert_expiry", "out of range")
    if outcome_of(result.reason) is not result.outcome:
        yield _Flaw("invalid", "reason", f"{result.reason or 'no reason'} does not go with {result.outcome}")
    if result.lost is not None and result.lost > (result.sent or 0):
        yield _Flaw("invalid", "lost", "more than were sent")


def _refuse(index: int, raw: msgspec.Raw, flaw: _Flaw) -> Refusal:
    try:
        identity = msgspec.json.decode(raw, type=_Identity)
    except UNDECODABLE:
        identity = _Identity()
    stream = identity.stream[:MAX_TEXT] if identity.stream else None
    seq = identity.seq if identity.seq is not None and abs(identity.seq) < 2**53 else None
    return Refusal(flaw.kind, Refused(index=index, stream=stream, seq=seq, field=flaw.field or None, why=flaw.why))


def _explain(error: Exception) -> tuple[str, str]:
    """Field and reason out of a decoding error's text."""
    if isinstance(error, RecursionError):
        return "", "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "", "holds text that is not UTF-8"
    found = _WHERE.match(str(error))
    return (found["field"], found["what"]) if found else ("", str(error))


_decode = msgspec.json.Decoder(Report).decode
_open = msgspec.json.Decoder(_Envelope).decode
_known_names: set[str] = set()
_OUTCOMES: dict[Reason | None, Outcome] = {reason: outcome_of(reason) for reason in (None, *Reason)}
