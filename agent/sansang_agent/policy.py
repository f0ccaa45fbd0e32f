"""What this machine agrees to probe for the centre, whatever it asks: ceilings in code, and hosts allowed. Pure.

Checks of the machine's own configuration are not judged here. Reasons are in English and go out as evidence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import NamedTuple

from .contract.addresses import Address, is_public, never, plain
from .contract.check import Check, HostCheck, IcmpCheck, SnmpCheck, gap_of
from .evidence import host_of
from .grants import Allowed
from .names import literal
from .platform import NetworkState
from .tempo import Memory, Tempo

SPACING_S = 5.0
"""From the beginning of one run against a target to that of the next; a train is one run."""
SHORTEST_PERIOD_S = 15.0
SHORTEST_VANTAGE_PERIOD_S = 5.0
MOST_PRIVATE = 16
"""Private addresses that the centre may have asked of one machine, as long as it runs: enough for a commune's own
devices, too few to map its network."""
MOST_PORTS = 8
"""Different ports of one private address, as long as the machine runs: a device's services, not a search for them."""
MOST_NAMED = 400
"""Different public hosts that the centre may name in a day: several provinces' catalogues."""
MOST_OF_TARGET = 15
"""Runs a minute against one target, however assignments change: a little over one in five seconds, for jitter."""
MOST_OF_ADDRESS = 30
"""Times a minute that one address is asked, whatever names lead to it: sites of many names stand on one."""
MOST_PER_SECOND = 4.0
"""Runs of all that an assignment names together."""
MOST_RUNS = 260
"""Runs a minute of all that the centre names, however assignments change: the same with some room for jitter."""
A_MINUTE_S, A_DAY_S = 60.0, 86_400.0

LOCAL_KEYS = ("ca_file", "proxy", "community_file", "user", "auth_file", "priv_file")
"""Keys of checks that only this machine's administrator sets: they name its files, or another way out."""

MOST_TARGETS = 200
"""Of an assignment, beside what the administrator's file names: they are told apart by name, and a server may have
many names."""
LONGEST_S = 60.0
"""Seconds that one run of a check may take: few of them must not hold up what else is asked."""
SHORTEST_GAP_S = 0.05
"""Between two echoes of a train: a line's quality shows in twenty a second, and more is a burst."""
_NAME_PORTS = (53, 853)


class Own(NamedTuple):
    """What is this machine's own: as its system reports it, and as its administrator's file names it."""

    network: NetworkState = NetworkState()
    named: tuple[str, ...] = ()
    """Networks, as ``policy.networks`` has them."""

    def names(self, address: Address) -> bool:
        """Whether the administrator's file lets the centre have this address asked, whatever it is."""
        return any(address in ip_network(each, strict=False) for each in self.named)

    def reports(self, address: Address) -> bool:
        """Whether it is a gateway or a resolver of this machine."""
        return address in _read((*self.network.gateways, *self.network.dns))

    def has(self, address: Address) -> bool:
        """Whether it is an address of this machine itself, which no less than loopback reaches what listens here."""
        return address in _read(each for nic in self.network.nics for each in nic.addresses)


class Asked(NamedTuple):
    """One host as a check or a redirect names it."""

    host: str
    port: int | None
    """None: a check without ports."""
    kind: str


class Moment(NamedTuple):
    """Now, by the clock that only goes on and by the one on the wall, seconds."""

    mono: float = 0.0
    wall: float = 0.0


class Policy:
    """One machine's ceilings, and what the centre has had it ask so far; nothing here is kept over a restart."""

    def __init__(self, *, vantage: bool = False) -> None:
        self.vantage = vantage
        self.allowed = Allowed()
        """What may be named beyond the own network; replaced whole when files change."""
        self._shortest_s = SHORTEST_VANTAGE_PERIOD_S if vantage else SHORTEST_PERIOD_S
        self._private: dict[Address, set[int]] = {}
        self._ports: dict[Address, set[int]] = {}
        self._named = Memory(A_DAY_S, MOST_NAMED)
        self._of_target = Tempo(A_MINUTE_S, MOST_OF_TARGET)
        self._of_address = Tempo(A_MINUTE_S, MOST_OF_ADDRESS)
        self._runs = Tempo(A_MINUTE_S, MOST_RUNS)
        self._begun: dict[str, float] = {}

    def judge(self, check: Check) -> str | None:
        """Why a check of the centre's is not run, by what it says alone; None: hosts, addresses and time decide."""
        if isinstance(check, SnmpCheck):
            return "SNMP is for this machine's own administrator to set up"
        set_ = [key for key in LOCAL_KEYS if getattr(check, key, "")]
        if set_:
            return f"{set_[0]} is for this machine's own administrator to set"
        echoes = check if isinstance(check, IcmpCheck) else None
        takes = check.timeout + (echoes.count * echoes.gap if echoes else 0.0)
        if takes > LONGEST_S:
            return f"it might take {takes:g} s, longer than {LONGEST_S:g} s"
        if echoes and gap_of(echoes, echoes.timeout) < SHORTEST_GAP_S:
            return f"its echoes follow each other faster than every {SHORTEST_GAP_S:g} s"
        return None

    def judge_all(self, checks: Sequence[Check], own: Own = Own()) -> dict[str, str]:  # noqa: B008  # immutable
        """Why checks of an assignment are not run, by their ids: each alone, its period, and all against one target."""
        refused: dict[str, str] = {}
        rates: defaultdict[str, float] = defaultdict(float)
        total = 0.0
        for check in checks:
            target, rate = "" if is_free(check, own) else target_of(check), 1 / check.period
            why = self.judge(check) or self._too_often(check)
            if why is None and target:
                why = _too_much(target, rate, rates, total)
            if why is not None:
                refused[check.id] = why
            elif target:
                rates[target] += rate
                total += rate
        return refused

    def _too_often(self, check: Check) -> str | None:
        if check.period >= self._shortest_s:
            return None
        return f"a period of {check.period:g} s is shorter than {self._shortest_s:g} s"

    def judge_name(self, asked: Asked, now: Moment) -> str | None:
        """Why a host is neither asked nor looked up; one that is, is counted."""
        why = self.allowed.refuses_name(asked.host, asked.port, asked.kind, now.wall)
        return why or self._one_more(asked.host.lower().removesuffix("."), now)

    def judge_address(self, text: str, own: Own, asked: Asked, now: Moment) -> str | None:
        """Why an address is not asked; one that is, is counted. ``asked`` is what led to it, perhaps the same."""
        address = plain(text)
        why = never(address)
        if why or own.names(address):
            return why
        why = _off_limits(text, address, own, asked.port)
        if why is None and is_public(address) and not own.reports(address):
            why = self._beyond(address, asked, now)
        elif why is None:
            why = self._within(text, address, asked.port, counted=not own.reports(address))
        if asked.kind == "icmp" and asked.port is not None:
            return why  # where no echo may be sent, a few connects take its place: they are one run with it
        if why is None and self._of_address.is_full(str(address), now.mono):
            why = f"{address} has been asked {MOST_OF_ADDRESS} times within a minute for the centre"
        if why is None:
            self._of_address.note(str(address), now.mono)
        return why

    def judge_page(self, host: str, path: str, own: Own) -> str | None:
        """Why a page is not asked of ``host``: many a router, camera or printer does what a path tells it to do."""
        if path == "/" or literal(host) is None:
            return None
        address = plain(host)
        if own.names(address) or (is_public(address) and not own.reports(address)):
            return None
        return f"of {host} only the page / is asked for the centre, not {path[:80]}"

    def _beyond(self, address: Address, asked: Asked, now: Moment) -> str | None:
        """Of a public address: it must be allowed by itself, or as its name is, which has been counted."""
        if literal(asked.host) is None:
            return self.allowed.refuses_name(asked.host, asked.port, asked.kind, now.wall)
        why = self.allowed.refuses_address(address, asked.port, asked.kind, now.wall)
        return why or self._one_more(str(address), now)

    def _one_more(self, host: str, now: Moment) -> str | None:
        if not self._named.has_room(host, now.mono):
            return f"{MOST_NAMED} other public hosts have been asked for the centre within a day"
        self._named.meet(host, now.mono)
        return None

    def _within(self, text: str, address: Address, port: int | None, *, counted: bool) -> str | None:
        """The ceilings of what is near: addresses, unless they are the machine's own ways out, and ports of each."""
        if counted and address not in self._private and len(self._private) >= MOST_PRIVATE:
            return f"{text} would be private address number {MOST_PRIVATE + 1} that the centre asks about here"
        ports = self._ports.setdefault(address, set())
        if port is not None and port not in ports and len(ports) >= MOST_PORTS:
            return f"port {port} would be number {MOST_PORTS + 1} of {text} that the centre asks about"
        if counted:
            self._private.setdefault(address, ports)
        ports.update(() if port is None else (port,))
        return None

    def wait(self, check: Check, now: float) -> float:
        """Seconds until the target of ``check`` may be asked again; ``now`` is monotonic."""
        spacing = self._begun.get(target_of(check), float("-inf")) + SPACING_S - now
        return max(0.0, spacing, self._of_target.wait(target_of(check), now), self._runs.wait("", now))

    def overdone(self, check: Check, own: Own, now: float) -> str | None:
        """Why a check that runs at its own times does not run now: however assignments change, there is a most."""
        if is_free(check, own):
            return None
        if self._of_target.is_full(target_of(check), now):
            return f"{target_of(check)} has been asked {MOST_OF_TARGET} times within a minute for the centre"
        full = self._runs.is_full("", now)
        return f"{MOST_RUNS} checks of the centre have been run within a minute" if full else None

    def begin(self, check: Check, now: float, own: Own = Own()) -> None:  # noqa: B008  # immutable
        """Remember that a run begins."""
        self._begun = {target: at for target, at in self._begun.items() if now - at < SPACING_S}
        self._begun[target_of(check)] = now
        if not is_free(check, own):
            self._of_target.note(target_of(check), now)
            self._runs.note("", now)


def target_of(check: Check) -> str:
    """What counts as one target: a host as it is named; empty for this machine."""
    if isinstance(check, HostCheck):
        return ""
    try:
        return host_of(check).lower().removesuffix(".")
    except ValueError:  # no URL at all: it will not be asked, but a reader of profiles must not fall over it
        return check.target


def is_free(check: Check, own: Own) -> bool:
    """Whether it needs no packet, or goes to an address that the administrator's file names."""
    target = target_of(check)
    try:
        return not target or own.names(plain(target))
    except ValueError:
        return False


def _too_much(target: str, rate: float, rates: dict[str, float], total: float) -> str | None:
    if target not in rates and len(rates) >= MOST_TARGETS:
        return f"{MOST_TARGETS} other targets are asked before it"
    if rates.get(target, 0.0) + rate > 1.001 / SPACING_S:
        return f"with the checks before it {target} would be asked more often than every {SPACING_S:g} s"
    if total + rate > 1.001 * MOST_PER_SECOND:
        return f"the checks before it already run {MOST_PER_SECOND:g} times a second together"
    return None


def _off_limits(text: str, address: Address, own: Own, port: int | None) -> str | None:
    """This machine and its link: nobody's business, but for its ways out."""
    if own.reports(address):
        hidden = address.is_loopback and port not in _NAME_PORTS
        return f"{text} is this machine itself, and only asked for names" if hidden else None
    if address.is_loopback or own.has(address):
        return f"{text} is this machine itself"
    return f"{text} is a link-local address" if address.is_link_local else None


def _read(texts: Iterable[str]) -> set[Address]:
    found = set()
    for text in texts:
        try:
            found.add(plain(text))
        except ValueError:
            continue  # systems report names and hardware addresses among them
    return found
