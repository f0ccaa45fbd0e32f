"""What the ladder finds out: one cause, the rung it stands on, what still holds, and a light for every rung.

Types only; ladder.py makes a verdict from results, sentences.py and table.py put it into words.
"""

from enum import StrEnum

import msgspec

from .contract.check import Check
from .contract.light import Light
from .contract.report import Result
from .contract.rung import PLACES, Component, Network, Owner, Rung


class State(StrEnum):
    """Whether this PC can serve: good, degraded, down, or it could not be found out."""

    GOOD = "good"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


EXIT_CODES = {State.GOOD: 0, State.DEGRADED: 1, State.DOWN: 2, State.UNKNOWN: 3}
"""What ``sansang check`` ends with."""


class Cause(StrEnum):
    """What a verdict can say, nearest to the PC first; closed, one sentence each."""

    NOTHING_CONFIGURED = "nothing_configured"
    NO_ADAPTER = "no_adapter"
    NO_GATEWAY = "no_gateway"
    GATEWAY_SILENT = "gateway_silent"
    OUTSIDE_DOWN = "outside_down"
    """Nothing outside answers, and what lies near could not be measured."""
    LINE_DOWN = "line_down"
    BEYOND_LINE_DOWN = "beyond_line_down"
    INTERNET_DOWN = "internet_down"
    TSLCD_DOWN = "tslcd_down"
    NO_PERMISSION = "no_permission"
    CLOCK_WRONG = "clock_wrong"
    RESOLVER_SILENT = "resolver_silent"
    RESOLVER_FAILS = "resolver_fails"
    RESOLVER_WRONG = "resolver_wrong"
    NO_NAME = "no_name"
    """The resolvers seem well, and no service's name leads to an address."""
    SERVICE_SILENT = "service_silent"
    SERVICE_REFUSES = "service_refuses"
    CERTIFICATE_EXPIRED = "certificate_expired"
    OTHER_PAGE = "other_page"
    SERVICE_FAILS = "service_fails"
    SERVICES_SEVERAL = "services_several"
    """Some services fail, for different reasons."""
    SERVICES_ALL = "services_all"
    """The network answers and no service does."""
    SERVICE_SLOW = "service_slow"
    UNCLEAR = "unclear"
    ALL_GOOD = "all_good"


class Part(StrEnum):
    """A stretch of the way that is proven to work, as people call it."""

    MACHINE = "machine"
    LOCAL_NETWORK = "local_network"
    FIRST_STRETCH = "first_stretch"
    LINE = "line"
    TSLCD = "tslcd"
    INTERNET = "internet"


class Note(StrEnum):
    """Why a row's light is not simply what its results say."""

    SILENT_BUT_PASSES = "silent_but_passes"
    """Its devices do not answer, but what lies beyond them does."""
    NO_INTERNET = "no_internet"
    """There was no way to measure over; the results say nothing of these targets."""
    NO_NAME = "no_name"
    """Their names led to no address, so nothing was asked."""
    BEHIND = "behind"
    """Silent, but behind the place that broke: its own state is not known."""
    UNPLUGGED = "unplugged"
    """No adapter of this machine is up."""
    CLOCK = "clock"
    """This machine's own clock is wrong."""
    SLOW = "slow"


class Seen(msgspec.Struct, frozen=True):
    """A check beside its newest result; None where it has not answered yet."""

    check: Check
    result: Result | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One rung of the ladder; the Internet's rung is shown once for each exit."""

    rung: Rung
    network: Network = Network.BOTH
    """``tslcd`` for the state data network's own row."""
    light: Light
    note: Note | None = None
    seen: tuple[Seen, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the sentence names, all of it seen in this measurement."""

    gateway: str = ""
    resolver: str = ""
    query: str = ""
    services: tuple[str, ...] = ()
    """The services the cause is about."""
    title: str = ""
    """Title of the page that stood in a service's place."""
    reason: str = ""
    """A :class:`sansang_agent.contract.outcome.Reason`, where the cause leaves it open."""
    expiry: float | None = None
    """When the certificate ended, Unix seconds."""
    offset_s: float | None = None
    """The world's clock minus this machine's; negative: this machine is ahead."""
    grant: str = ""
    """The command or setting that would permit the measurement."""
    adapters_down: tuple[str, ...] = ()
    count: int = 0
    """Services that answered, where all is good."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of one look at the whole ladder."""

    state: State
    cause: Cause
    rung: Rung | None = None
    components: tuple[Component, ...] = ()
    """What is suspected, likeliest first; several where the evidence cannot split them."""
    holds: tuple[Part, ...] = ()
    works: tuple[str, ...] = ()
    """Services that answer, by name."""
    broken: tuple[str, ...] = ()
    """Services that do not, by name."""
    facts: Facts = Facts()
    proof: tuple[str, ...] = ()
    """Ids of the checks the cause rests on."""
    rows: tuple[Row, ...] = ()

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Who repairs the suspected components, in the order to call them."""
        return tuple(dict.fromkeys(PLACES[component].owner for component in self.components))


def name_of(check: Check) -> str:
    """What people call a check: its name, else its target."""
    return check.name or check.target
