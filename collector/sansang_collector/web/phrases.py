"""Numbers, times and spans as people say them, in Vietnamese or English.

Pure: the present is an argument. Clock times are Vietnam's (UTC+7 all year, no summer time since 1975).
"""

from datetime import UTC, datetime, timedelta, timezone

from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.words import catalogue, word
from sansang_collector import serving_words
from sansang_collector.commune import PACKAGED, Places
from sansang_collector.serving import Serving

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_DATE = {"vi": "%d/%m/%Y", "en": "%Y-%m-%d"}
_UNKNOWN = "–"
_FIRST = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST = datetime.max.replace(microsecond=0, tzinfo=VIETNAM).timestamp()


def local(at: float) -> datetime:
    """``at`` (Unix seconds) in Vietnam; the first or last second that has a date for what lies beyond."""
    return datetime.fromtimestamp(min(max(at, _FIRST), _LAST), VIETNAM)


class Phrases:
    """Everything a page says that is not a fixed sentence; one per language."""

    def __init__(self, language: str, places: Places = PACKAGED) -> None:
        self.language = language
        self.places = places
        self.translations = catalogue("sansang_collector", language)

    def word(self, kind: str, key: str) -> str:
        """The glossary's term, for example ``word("rung", "line")``."""
        return word(kind, key, self.language)

    def commune(self, code: str) -> str:
        """What people call a commune; names are Vietnamese in every language, only "no commune" is not."""
        return self.places.name_of(code, self.language)

    def serving(self, found: Serving) -> str:
        """Whether a commune can serve now: the state's name."""
        return serving_words.state(found.state, self.language)

    def serving_facts(self, found: Serving, now: float) -> str:
        """What does not work, and how many counters still do."""
        return serving_words.sentence(found, self.language, lambda at: self.minute(at, now))

    def count(self, value: int) -> str:
        """A whole number with the language's thousands mark."""
        return f"{value:,}".replace(",", "." if self.language == "vi" else ",")

    def decimal(self, value: float, digits: int) -> str:
        """A number with the language's decimal mark."""
        return f"{value:.{digits}f}".replace(".", "," if self.language == "vi" else ".")

    def milliseconds(self, value: float) -> str:
        """``0,41 ms``, ``12 ms``: two digits below ten, none above."""
        return f"{self.decimal(value, 2 if value < 10 else 0)} ms"

    def megabits(self, value: float) -> str:
        """``300 Mbit/s``; a decimal only where there is one."""
        return f"{self.decimal(value, 0 if value == int(value) else 1)} Mbit/s"

    def percent(self, ratio: float) -> str:
        """A ratio as ``20 %``; a small one keeps a decimal so that it never reads as none."""
        return f"{self.decimal(ratio * 100, 1 if 0 < ratio < 0.1 else 0)} %"

    def duration(self, seconds: float) -> str:
        """A span in its largest unit; hours and days with the next one where it counts."""
        ngettext = self.translations.ngettext
        whole = max(0, int(seconds))
        days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
        in_days = ngettext("%(num)d day", "%(num)d days", days) % {"num": days}
        in_hours = ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}
        in_minutes = ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}
        if days:
            return f"{in_days} {in_hours}" if hours else in_days
        if hours:
            return f"{in_hours} {in_minutes}" if minutes else in_hours
        if minutes:
            return in_minutes
        return ngettext("%(num)d second", "%(num)d seconds", whole) % {"num": whole}

    def ago(self, at: float | None, now: float) -> str:
        """``2 phút trước``; ``chưa bao giờ`` for never."""
        _ = self.translations.gettext
        if at is None:
            return _("never")
        if now - at < 2:
            return _("just now")
        return _("%(duration)s ago") % {"duration": self.duration(now - at)}

    def date(self, at: float) -> str:
        """The day in the language's order."""
        return local(at).strftime(_DATE[self.language])

    def moment(self, at: float, now: float) -> str:
        """``08:14:05`` today, with the date on any other day."""
        clock = f"{local(at):%H:%M:%S}"
        return clock if local(at).date() == local(now).date() else f"{clock} {self.date(at)}"

    def minute(self, at: float, now: float) -> str:
        """``07:30`` today, with the date on any other day."""
        clock = f"{local(at):%H:%M}"
        return clock if local(at).date() == local(now).date() else f"{clock} {self.date(at)}"

    def span(self, first: float, last: float, now: float) -> str:
        """``08:14:05 – 08:20:35``; the date where it is not today's."""
        return f"{self.moment(first, now)} – {self.moment(last, now)}"

    def skew(self, seconds: float | None) -> str:
        """How far a machine's clock is off, ``+`` when it is ahead."""
        _ = self.translations.gettext
        if seconds is None:
            return _UNKNOWN
        if abs(seconds) < 1:
            return _("right to the second")
        ahead = seconds > 0
        return (_("%(duration)s fast") if ahead else _("%(duration)s slow")) % {"duration": self.duration(abs(seconds))}

    def goodbye(self, reason: str) -> str:
        """Why a machine went silent on purpose."""
        _ = self.translations.gettext
        return {
            GoodbyeReason.SHUTDOWN: _("it was shut down"),
            GoodbyeReason.SLEEP: _("it went to sleep"),
            GoodbyeReason.LOGOFF: _("its user logged off"),
            GoodbyeReason.UPDATE: _("the agent is being updated"),
            GoodbyeReason.RESTART: _("it is restarting"),
            GoodbyeReason.STOP: _("the agent was stopped"),
        }[GoodbyeReason(reason)]

    def target(self, target: str) -> str:
        """What is asked; what a machine fills in itself in words."""
        _ = self.translations.gettext
        own = {"{gateway}": _("its own gateway"), "{dns}": _("its own name server"), "local": _("the computer itself")}
        return own.get(target, target)

    def phases(self, phases_ms: dict[str, float]) -> list[tuple[str, float]]:
        """A probe's phases in their order; one that a newer agent adds comes last, by its own name."""
        _ = self.translations.gettext
        known = {
            "proxy": _("proxy"),
            "resolve": _("name lookup"),
            "connect": _("connect"),
            "tls": _("TLS"),
            "first_byte": _("first byte"),
            "transfer": _("transfer"),
        }
        order = [*(name for name in known if name in phases_ms), *(name for name in phases_ms if name not in known)]
        return [(known.get(name, name), phases_ms[name]) for name in order]
