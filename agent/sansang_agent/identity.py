"""Who a running agent is to its centre: its own file says so, or else the newest enrolment, which may come at any time.

``sansang enrol`` runs beside the agent and tells it nothing: the agent looks for itself, every few seconds.
"""

import logging
from pathlib import Path

from .centre import Centre
from .config import AgentConfig, data_dir
from .enrolment import EnrolmentError, Found, followed, read

LOOK_EVERY_S = 2.0

_log = logging.getLogger(__name__)


def centre_for(config: AgentConfig) -> Centre:
    """The centre whose assignment is followed: none without a collector, and none where the file says what to check."""
    return Centre(*place_of(config))


def place_of(config: AgentConfig) -> tuple[Path | None, str]:
    """Where what the centre assigns is kept, None where that is not followed, and the collector it comes from."""
    url = config.collector.url if config.collector else ""
    return (data_dir(config) if config.follows_centre else None), url


class Identity:
    """For as long as the program runs; ``centre``, one for the same ``config``, turns where the identity is another."""

    def __init__(self, config: AgentConfig, centre: Centre) -> None:
        self._config = config
        self._centre = centre
        self._folder = data_dir(config)
        self._in_use: Found | None = None
        self._complained = ""

    def take_up(self) -> AgentConfig:
        """The configuration to run with now."""
        found = self._newest()
        config = followed(self._config, found)
        if found != self._in_use:
            self._in_use = found
            self._centre.follow(*place_of(config))
        return config

    def has_changed(self) -> bool:
        """Whether there is another enrolment than the one in use."""
        return self._newest() != self._in_use

    def _newest(self) -> Found | None:
        """The enrolment that counts; one that cannot be read changes nothing."""
        if self._config.collector is not None:
            return None
        try:
            found = read(self._folder)
        except EnrolmentError as exc:
            if str(exc) != self._complained:
                _log.error("the enrolment is not used: %s", exc)
            self._complained = str(exc)
            return self._in_use
        self._complained = ""
        return found
