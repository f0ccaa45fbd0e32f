"""How it is said who is on call, who stands in for whom, and why that cannot be arranged. Pure."""

from collections.abc import Iterator, Sequence

from .oncall_view import OnCall, OnCallPerson, Turn
from .overrides import Kept, OverrideError, Refused
from .reach import person_of
from .rota import Why
from .settings import AlertSettings
from .texts.phrases import Phrases
from .vietnam import clock_at, day_at, weekday_of


def now_lines(one: OnCall, phrases: Phrases) -> Iterator[str]:
    """One team now: who, until when, who comes next, and what is wrong with that."""
    _ = phrases.say
    yield f"{one.name} ({one.team})"
    yield from (f"  {line}" for line in duty_lines(one, phrases))
    yield from (f"  ! {warning}" for warning in warnings(one, phrases))


def duty_lines(one: OnCall, phrases: Phrases) -> Iterator[str]:
    """Who, until when, and who comes next."""
    _ = phrases.say
    first = _named(one.people[0])
    if one.why is Why.FALLBACK and one.until is None:
        yield _("On call: {person}, always").format(person=first)
    elif one.why is Why.FALLBACK:
        yield _("On call: nobody; {person} is told instead").format(person=first)
    elif one.why is Why.OVERRIDE:
        yield _("On call: {person}, who stands in").format(person=first)
    else:
        yield _("On call: {person}").format(person=first)
    if one.until is not None and one.then is not None:
        yield _("Until {moment}, then {person}").format(moment=when(one.until, phrases), person=_named(one.then))
    if len(one.people) > 1:
        yield _("Next: {people}").format(people=", ".join(_named(person) for person in one.people[1:]))
    if one.fallback != one.people[0]:
        yield _("If all else fails: {person}").format(person=_named(one.fallback))


def warnings(one: OnCall, phrases: Phrases) -> Iterator[str]:
    """What the on-call page shows beside a team."""
    _ = phrases.say
    first = one.people[0]
    if not first.channels:
        yield _("{person} cannot be told: no channel reaches them (a Zalo chat has to be paired first).").format(
            person=first.name
        )
    if one.silent_without_wan:
        yield _("Nobody of the team can be told while the WAN is cut: no channel leaves another way.")


def turn_line(turn: Turn, phrases: Phrases) -> str:
    """``Thu 26/11 07:00 – Thu 26/11 17:00  Trực 1, Trực 2``."""
    _ = phrases.say
    names = ", ".join(person.name for person in turn.people)
    if turn.why is Why.FALLBACK:
        names = _("nobody; {person} is told instead").format(person=names)
    elif turn.why is Why.OVERRIDE:
        names = _("{people} (stands in)").format(people=names)
    return f"{when(turn.begins, phrases)} – {when(turn.ends, phrases)}  {names}"


def override_line(one: Kept, settings: AlertSettings, phrases: Phrases) -> str:
    """What is arranged, by whom, and why."""
    _ = phrases.say
    person = person_of(settings.people, one.person)
    name = person.name if person else one.person
    span = f"{when(one.begins, phrases)} – {when(one.ends, phrases)}"
    told = _("{number}  {team}: {person} stands in, {span}").format(
        number=one.number, team=one.team, person=name, span=span
    )
    why = f" · {one.why}" if one.why else ""
    by = _("arranged by {who}").format(who=one.made_by)
    gone = "" if one.cancelled_by is None else " · " + _("cancelled by {who}").format(who=one.cancelled_by)
    return f"{told}{why} · {by}{gone}"


def refused(error: OverrideError, phrases: Phrases) -> str:
    """Why it cannot be arranged, in a sentence."""
    _ = phrases.say
    said = {
        Refused.TEAM: _("There is no team '{about}' in the settings."),
        Refused.PERSON: _("There is no person '{about}' in the settings."),
        Refused.SPAN: _("It would end before it begins."),
        Refused.PAST: _("It would be over already."),
        Refused.LONG: _("It would last longer than {about} days; change the shifts instead."),
        Refused.WHY: _("The reason has more than {about} characters."),
        Refused.NONE: _("There is no arrangement with the number {about}."),
        Refused.OVER: _("Arrangement {about} is over or cancelled already."),
    }[error.refused]
    return said.format(about=error.about)


def when(at: float, phrases: Phrases) -> str:
    """``Thu 08:00 26/11/2026``."""
    return f"{weekday(weekday_of(day_at(at)), phrases)} {clock_at(at)} {phrases.date(at)}"


def weekday(day: str, phrases: Phrases) -> str:
    """A day as the settings name it, in three letters or as ``T2`` to ``CN``."""
    _ = phrases.say
    return {
        "mon": _("Mon"),
        "tue": _("Tue"),
        "wed": _("Wed"),
        "thu": _("Thu"),
        "fri": _("Fri"),
        "sat": _("Sat"),
        "sun": _("Sun"),
    }[day]


def _named(person: OnCallPerson) -> str:
    return f"{person.name} ({person.id})"


def teams_line(known: Sequence[str], about: str, phrases: Phrases) -> str:
    """That there is no such team, and which there are."""
    _ = phrases.say
    return _("There is no team '{about}'; there are: {teams}").format(about=about, teams=", ".join(known))
