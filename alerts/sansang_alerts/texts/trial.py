"""A message that only tries a channel. Pure."""

from sansang_alerts.notice import Kind

from .phrases import Phrases
from .plain import plain
from .sms import MOST, composed
from .telling import tag
from .words import Extra, Medium


def trial(medium: Medium, extra: Extra, phrases: Phrases) -> tuple[str, str]:
    """Subject and body."""
    said = tag(Kind.TEST, None, extra, phrases)
    time = phrases.moment(extra.now)
    form = phrases.say("sansang tries the channel {channel} at {time}.") if extra.channel else ""
    first = (form or phrases.say("sansang tries this channel at {time}.")).format(
        channel=plain(extra.channel, 40), time=time
    )
    subject = f"[{said[:1].upper()}{said[1:]}] {first.rstrip('.')}"
    if medium in MOST:
        return subject, composed(said.upper(), first, "", (), medium)
    good = phrases.say("Whoever reads this can be reached by it. Nothing is broken; there is nothing to do.")
    return subject, f"{first}\n{good}" if medium is Medium.EMAIL else f"[{said.upper()}] {first}\n{good}"
