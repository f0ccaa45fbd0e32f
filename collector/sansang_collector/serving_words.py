"""A commune's state in words: one short sentence with what does not work and how many counters still do. Pure."""

from collections.abc import Callable, Sequence

from sansang_agent.contract.words import catalogue, word

from .serving import Serving, State, Why

Moment = Callable[[float], str]
"""Says a time (Unix seconds)."""


def state(found: State, language: str) -> str:
    """The state's name."""
    _ = catalogue("sansang_collector", language).gettext
    return {
        State.SERVING: _("Serving"),
        State.LIMITED: _("Limited"),
        State.CANNOT_SERVE: _("Cannot serve"),
        State.CLOSED: _("Closed"),
        State.PLANNED_WORK: _("Announced work"),
        State.NOT_MEASURED: _("Not measured"),
    }[found]


def sentence(found: Serving, language: str, moment: Moment) -> str:
    """The facts behind the state, without its name; empty where there is nothing to add."""
    _ = catalogue("sansang_collector", language).gettext
    if found.state is State.CLOSED:
        return _("opens at {moment}").format(moment=moment(found.opens_at)) if found.opens_at is not None else ""
    parts = [*_lost(found, language), *_counters(found, language), *_doubts(found, language)]
    return "; ".join(parts)


def _lost(found: Serving, language: str) -> list[str]:
    _ = catalogue("sansang_collector", language).gettext
    if found.why is not None:
        return [_why(found.why, found.services, language)]
    parts = []
    if found.rung is not None:
        rung = word("rung", found.rung, language)
        parts.append(_("{rung} broken at every counter").format(rung=rung[0].lower() + rung[1:]))
    elif found.services:
        parts.append(_("not reached: {services}").format(services=", ".join(found.services)))
    if found.partly:
        parts.append(_("reached from some counters only: {services}").format(services=", ".join(found.partly)))
    return parts


def _why(why: Why, services: Sequence[str], language: str) -> str:
    _ = catalogue("sansang_collector", language).gettext
    if why is Why.UNASKED and services:
        return _("no computer has a result yet for: {services}").format(services=", ".join(services))
    return {
        Why.NO_AGENT: _("no computer has been set up"),
        Why.EXPECTED_OFF: _("all computers are off as expected"),
        Why.SILENT: _("no computer is heard that should be on"),
        Why.UNASKED: _("no mandatory service is asked yet"),
    }[why]


def _counters(found: Serving, language: str) -> list[str]:
    translations = catalogue("sansang_collector", language)
    _, ngettext = translations.gettext, translations.ngettext
    parts = []
    if found.why is None:
        if not found.counters:
            parts.append(_("as the always-on computer finds; no counter computer is on"))
        elif found.working == found.counters:
            parts.append(ngettext("{count} counter", "{count} counters", found.counters).format(count=found.counters))
        else:
            text = ngettext("{working} of {count} counter works", "{working} of {count} counters work", found.counters)
            parts.append(text.format(working=found.working, count=found.counters))
    if found.silent and found.why is not Why.SILENT:
        parts.append(ngettext("{count} is not heard", "{count} are not heard", found.silent).format(count=found.silent))
    return parts


def _doubts(found: Serving, language: str) -> list[str]:
    ngettext = catalogue("sansang_collector", language).ngettext
    if not found.doubts:
        return []
    count = len(found.doubts)
    text = ngettext(
        "{count} service is reported by one computer only, another is to be asked",
        "{count} services are reported by one computer only, another is to be asked",
        count,
    )
    return [text.format(count=count)]
