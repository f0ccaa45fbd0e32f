"""``sansang-collector ask``: what one machine sees now, printed as ``sansang check KIND TARGET`` would print it there.

Exit 0 good, 1 partly, 2 down, 3 could not find out: not asked, no answer in time, or the machine could not tell.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

import msgspec

from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Result

from . import asking, audit, requests
from .asking import Wish
from .asking_words import AskError
from .requests import Asked
from .settings import CollectorSettings
from .store import Store
from .web.phrases import Phrases

NOT_FOUND_OUT = 3
LOOK_SECONDS = 0.2
WAIT_SECONDS, EACH_SECONDS = 20.0, 10.0
"""How long an answer is waited for, and how much longer for each further time: five seconds apart or, to a silent
target, as soon as it has been given up."""


def ask(options: argparse.Namespace, settings: CollectorSettings) -> int:
    """Ask, wait, print."""
    say = Phrases(options.lang)
    given = {key: getattr(options, key) for key in ("commune", "agent", "kind", "target", "query", "count", "why")}
    try:
        wish = msgspec.convert(given, Wish)
    except msgspec.ValidationError as error:
        print(error, file=sys.stderr)
        return NOT_FOUND_OUT
    store = Store(settings.folder)
    try:
        asked = store.write_sync(lambda connection: asking.ask(connection, wish, audit.operator(), time.time()))
        found = _wait(store, asked, patience(wish.count) if options.wait is None else options.wait)
    except AskError as error:
        print(error.said(say.translations.gettext), file=sys.stderr)
        return NOT_FOUND_OUT
    finally:
        store.close()
    print("\n".join(_lines(found, say)))
    return exit_code(found.results)


def exit_code(results: tuple[Result, ...]) -> int:
    """0 all good, 1 some good, 2 none good, 3 nothing known."""
    outcomes = {result.outcome for result in results}
    if outcomes <= {Outcome.UNKNOWN}:
        return NOT_FOUND_OUT
    return 2 if Outcome.OK not in outcomes else 0 if outcomes == {Outcome.OK} else 1


def patience(count: int) -> float:
    """Seconds that an answer of so many looks is waited for where nobody says how long."""
    return WAIT_SECONDS + (count - 1) * EACH_SECONDS


def _wait(store: Store, asked: Asked, seconds: float) -> Asked:
    """The request once it is answered, or as it is when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        with store.read() as connection:
            found = requests.find(connection, asked.request.id) or asked
        if found.answered_at is not None or time.monotonic() >= deadline:
            return found
        time.sleep(LOOK_SECONDS)


def _lines(found: Asked, say: Phrases) -> Iterator[str]:
    _ = say.translations.gettext
    machine = _("{name} in {commune}").format(name=found.agent_name, commune=say.commune(found.commune))
    if found.answered_at is None:
        yield _unanswered(found, machine, _)
    for result in found.results:
        yield f"{machine} – {found.request.check.target}: {_state(result, say)}"
        yield from (f"    {line}" for line in _evidence(result, say))


def _unanswered(found: Asked, machine: str, _: Callable[[str], str]) -> str:
    if found.sent_at is None:
        text = _("{machine} has not heard the request {id} yet. Does the collector run?")
    else:
        text = _("{machine} has heard the request {id}, but has not answered yet.")
    return text.format(machine=machine, id=found.request.id)


def _state(result: Result, say: Phrases) -> str:
    return say.word("reason", result.reason) if result.reason else say.word("outcome", result.outcome)


def _evidence(result: Result, say: Phrases) -> Iterator[str]:
    """What is known beyond the outcome, one fact a line."""
    _ = say.translations.gettext
    if result.address:
        yield _("address: {address}").format(address=result.address)
    if result.sent:
        yield _("echoes: {sent} sent, {lost} lost").format(sent=result.sent, lost=result.lost or 0)
    if result.rtt_ms:
        fastest, median, _p95, slowest = map(say.milliseconds, result.rtt_ms)
        yield _("round trip: {fastest} / {median} / {slowest} (fastest, median, slowest)").format(
            fastest=fastest, median=median, slowest=slowest
        )
    if result.phases_ms:
        phases = ", ".join(f"{name} {say.milliseconds(spent)}" for name, spent in say.phases(result.phases_ms))
        yield _("time: {phases}").format(phases=phases)
    if result.hops:
        hops = ", ".join(f"{hop.ttl}: {hop.address}" for hop in result.hops)
        yield _("hops that answered: {hops}").format(hops=hops)
    if result.status:
        yield _("HTTP status: {status}").format(status=result.status)
    if result.cert_expiry is not None:
        yield _("certificate until: {date}").format(date=say.date(result.cert_expiry))
    if result.detail:
        yield _("evidence: {detail}").format(detail=result.detail)
