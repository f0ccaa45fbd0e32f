"""What an Alertmanager posts (webhook, version 4), and the faults in it. Pure.

Labels and annotations are anybody's: lengths are bounded here, and the texts make all of it plain.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity

from .fault import Fault, Place, Source, Wording
from .texts.phrases import Phrases
from .texts.times import marked

INCIDENT = "incident"
"""The label of what a collector posted: the incident's code."""
MOST_TEXT = 600
MOST_LABELS = 20
_SEVERITIES = {
    **dict.fromkeys(("critical", "page", "error", "emergency", "high"), Severity.CRITICAL),
    **dict.fromkeys(("info", "none", "debug", "low"), Severity.INFO),
}
_SAID_ELSEWHERE = frozenset({"alertname", "severity", "owner", "commune", "commune_name", "system", INCIDENT})


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it is posted."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: str = msgspec.field(name="startsAt", default="")
    ends_at: str = msgspec.field(name="endsAt", default="")
    generator_url: str = msgspec.field(name="generatorURL", default="")

    @property
    def key(self) -> str:
        """The same for the same labels, whichever Alertmanager of a cluster brings them."""
        return key_of("alert", (f"{name}\0{value}" for name, value in sorted(self.labels.items())))


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One notification of one group."""

    version: Literal["4"]
    alerts: list[Alert]
    group_key: str = msgspec.field(name="groupKey", default="")
    truncated: int = msgspec.field(name="truncatedAlerts", default=0)


class PayloadError(Exception):
    """Nothing that an Alertmanager posts; ``str()`` says what is wrong with it."""


def read(body: bytes) -> Payload:
    """Raises :class:`PayloadError`."""
    try:
        return msgspec.json.decode(body, type=Payload)
    except msgspec.ValidationError as error:
        raise PayloadError(str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise PayloadError("no JSON") from None


def key_of(kind: str, parts: Iterable[str]) -> str:
    """A name for whatever these parts are, of a bounded length."""
    return f"{kind}:{hashlib.sha256(chr(1).join(parts).encode('utf-8', 'replace')).hexdigest()[:32]}"


def fault(alert: Alert, now: float) -> Fault:
    """In the words of its annotations, as far as they say anything."""
    labels = alert.labels
    began = min(_moment(alert.starts_at, now), now)
    ended = min(max(_moment(alert.ends_at, now), began), now) if alert.status == "resolved" else None
    return Fault(
        source=Source.ALERTMANAGER,
        key=alert.key,
        owner=_owner(labels),
        severity=_SEVERITIES.get(labels.get("severity", "").lower(), Severity.WARNING),
        began_at=began,
        opened_at=began,
        ended_at=ended,
        communes=_communes(labels),
        systems=_listed(labels.get("system", "")),
        page=_address(alert.annotations, "dashboard_url", "dashboard") or _short(alert.generator_url, 500),
        runbook=_address(alert.annotations, "runbook_url", "runbook"),
        wordings={language: _wording(alert, Phrases(language, now), began) for language in ("vi", "en")},
    )


def beyond(group_key: str, count: int, now: float) -> Fault:
    """That more alerts fire than are told one by one."""
    return Fault(
        source=Source.ALERTMANAGER,
        key=key_of("beyond", (group_key,)),
        owner=Owner.US,
        severity=Severity.CRITICAL,
        began_at=now,
        opened_at=now,
        wordings={language: _beyond_wording(Phrases(language, now), count) for language in ("vi", "en")},
    )


def _beyond_wording(phrases: Phrases, count: int) -> Wording:
    form = phrases.plural(
        "{count} more alert of an Alertmanager fires than can be told one by one.",
        "{count} more alerts of an Alertmanager fire than can be told one by one.",
        count,
    )
    step = phrases.say("Look at them in Alertmanager, and see to what they have in common first.")
    said = form.format(count=count)
    return Wording(headline=said, short=said, next_steps=(step,))


def _wording(alert: Alert, phrases: Phrases, began: float) -> Wording:
    language = phrases.language
    headline = _annotated(alert, language, "summary", "title", "message") or _named(alert, phrases)
    description = _annotated(alert, language, "description")
    labels = ", ".join(_rest(alert.labels))
    evidence = (description, phrases.say("Labels: {labels}").format(labels=labels) if labels else "")
    action = _annotated(alert, language, "action", "next_step")
    return Wording(
        headline=headline,
        short=_short(headline, 100),
        where=", ".join(place.name for place in _communes(alert.labels)) or _instance(alert.labels),
        since=marked(began),
        impact=_annotated(alert, language, "impact"),
        evidence=tuple(one for one in evidence if one),
        next_steps=(action,) if action else (),
    )


def _instance(labels: Mapping[str, str]) -> str:
    return _short(labels.get("instance", ""), 100)


def _annotated(alert: Alert, language: str, *names: str) -> str:
    """An annotation, in this language where there is one (``summary_vi``)."""
    for name in names:
        said = alert.annotations.get(f"{name}_{language}") or alert.annotations.get(name, "")
        if said.strip():
            return _short(said, MOST_TEXT)
    return ""


def _named(alert: Alert, phrases: Phrases) -> str:
    name = _short(alert.labels.get("alertname", ""), 100) or phrases.say("an alert without a name")
    return phrases.say("Alert {name} fires").format(name=name)


def _address(annotations: Mapping[str, str], *names: str) -> str:
    """The first that is a whole address: a path is of whatever program the rule's author had in mind."""
    found = (annotations.get(name, "") for name in names)
    return _short(next((one for one in found if one.startswith(("http://", "https://"))), ""), 500)


def _rest(labels: Mapping[str, str]) -> Iterator[str]:
    rest = [(name, value) for name, value in sorted(labels.items()) if name not in _SAID_ELSEWHERE]
    yield from (f"{_short(name, 60)}={_short(value, 100)}" for name, value in rest[:MOST_LABELS])


def _owner(labels: Mapping[str, str]) -> Owner:
    """Whose it is; ours where the rule does not say, or says something else."""
    try:
        return Owner(labels.get("owner", ""))
    except ValueError:
        return Owner.US


def _communes(labels: Mapping[str, str]) -> tuple[Place, ...]:
    codes = _listed(labels.get("commune", ""))
    names = _listed(labels.get("commune_name") or labels.get("name", ""))
    names = names if len(names) == len(codes) else codes
    return tuple(Place(code, name) for code, name in zip(codes, names, strict=True))


def _listed(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in text[:MOST_TEXT].split(","))
    return tuple(part[:60] for part in parts if part)[:MOST_LABELS]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _moment(text: str, otherwise: float) -> float:
    """Unix seconds; ``otherwise`` where it is no moment, or one of the year 1 as Alertmanager writes "never"."""
    try:
        at = msgspec.convert(text, datetime, strict=False)
    except msgspec.ValidationError:
        return otherwise
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at.timestamp() if at.year > 1970 else otherwise
