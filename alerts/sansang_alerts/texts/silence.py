"""The one fault that alerts word themselves: the collector is silent. Pure."""

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_agent.contract.words import LANGUAGES
from sansang_alerts.fault import Fault, Source, Wording

from .phrases import Phrases
from .times import marked


def silence(since: float, now: float, ended_at: float | None = None, key: str = "collector") -> Fault:
    """The silence of the collector since its last answer (Unix seconds), and its end."""
    return Fault(
        source=Source.WATCH,
        key=key,
        owner=Owner.US,
        severity=Severity.CRITICAL,
        began_at=since,
        opened_at=now,
        ended_at=ended_at,
        wordings={language: _wording(Phrases(language, now), since, now, ended_at) for language in LANGUAGES},
    )


def _wording(phrases: Phrases, since: float, now: float, ended_at: float | None) -> Wording:
    if ended_at is not None:
        headline = phrases.say("The monitoring system was silent from {first} to {last} ({lasted}).").format(
            first=marked(since), last=marked(ended_at), lasted=phrases.duration(ended_at - since)
        )
        return Wording(headline=headline)
    time, lasted = marked(since), phrases.duration(now - since)
    headline = phrases.say(
        "The monitoring system is silent since {time} ({lasted}): nothing is known of any commune, and no news is not"
        " good news."
    )
    short = phrases.say("The monitoring system is silent since {time}. Nothing is known of any commune.")
    return Wording(
        headline=headline.format(time=time, lasted=lasted),
        short=short.format(time=time),
        next_steps=(
            phrases.say("See whether the collector's machine runs and is reached: systemctl status sansang-collector."),
            phrases.say("Machines in the communes go on measuring and send later; there is nothing to do there."),
        ),
    )
