"""The sandbox: a gateway, a line, the Internet, TSLCD, a resolver and three services, all stand-ins on this machine.

Used by ``make run SANDBOX=1`` and by the golden verdicts; whatever is nearer to the PC takes what lies beyond with it.
"""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from certificates import Authority, Kind
from dns_standin import DnsStandIn
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.check import Check, DnsCheck, HostCheck, HttpCheck, Profile, TcpCheck
from sansang_agent.contract.rung import Network, Rung
from standins import HttpStandIn, TcpStandIn, page

LABEL = "Hộp cát: mọi đích là máy giả trên máy này · Sandbox: all targets are stand-ins on this machine"
HERE = "127.0.0.1"
ASTRAY = "127.0.0.66"
"""Where a misled resolver sends people: nothing listens there."""
_DAY_S = 86400.0


class Service(NamedTuple):
    """A pretended online service."""

    id: str
    host: str
    name: str
    network: Network
    mandatory: bool


PORTAL = Service("dichvucong", "dichvucong.hopcat.test", "Cổng dịch vụ công (giả)", Network.INTERNET, mandatory=True)
ONE_STOP = Service("motcua", "motcua.hopcat.test", "Hệ thống một cửa (giả)", Network.BOTH, mandatory=False)
DOCUMENTS = Service("vanban", "vanban.hopcat.test", "Văn bản điện tử (giả)", Network.TSLCD, mandatory=False)
SERVICES = (PORTAL, ONE_STOP, DOCUMENTS)


class World:
    """All stand-ins together. ``timeout`` is how long each check waits for a silent one, in seconds."""

    def __init__(self, folder: Path, timeout: float = 2.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.timeout = timeout
        self.gateway, self.line, self.internet, self.tslcd = (TcpStandIn() for _ in range(4))
        self.dns = DnsStandIn({service.host: [HERE] for service in SERVICES})
        self._authority = Authority(folder)
        self.services = {
            service.id: HttpStandIn({"/": page(service.name)}, self._authority.context(hosts=(service.host,)))
            for service in SERVICES
        }

    async def start(self) -> None:
        """Take free ports; everything answers."""
        await asyncio.gather(*(standin.start() for standin in self._all()))

    async def close(self) -> None:
        """Give the ports back."""
        await asyncio.gather(*(standin.close() for standin in self._all()))

    @property
    def profile(self) -> Profile:
        """What an agent checks in this world."""
        return Profile(label=LABEL, checks=(*self._near(), *(self._page_of(service) for service in SERVICES)))

    def config(self, data_dir: Path, collector: CollectorConfig | None = None) -> AgentConfig:
        """The configuration of an agent that lives in this world."""
        return AgentConfig(
            collector=collector, data_dir=str(data_dir), resolvers=(self.dns.target,), profile=self.profile
        )

    def settings(self) -> dict[str, Any]:
        """The part of an agent's YAML that belongs to this world."""
        built: dict[str, Any] = msgspec.to_builtins({"resolvers": [self.dns.target], "profile": self.profile})
        return built

    def mend(self) -> None:
        """Everything answers again."""
        for place in (self.gateway, self.line, self.internet, self.tslcd, self.dns):
            place.behave("answer")
        self.dns.zone = {service.host: (HERE,) for service in SERVICES}
        for service in SERVICES:
            self.services[service.id].behave("ok")
            self.services[service.id].date_offset_s = 0.0
            self.certify(service, "good")

    def cut_from(self, rung: Rung) -> None:
        """Silence on ``rung`` (gateway, line, internet, dns or service) and on everything beyond it."""
        rungs = (Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS, Rung.SERVICE)
        beyond = rungs[rungs.index(rung) :]
        silenced: dict[Rung, tuple[TcpStandIn | DnsStandIn | HttpStandIn, ...]] = {
            Rung.GATEWAY: (self.gateway,),
            Rung.LINE: (self.line,),
            Rung.INTERNET: (self.internet, self.tslcd),
            Rung.DNS: (self.dns,),
            Rung.SERVICE: tuple(self.services.values()),
        }
        for standin in (each for far in beyond for each in silenced[far]):
            standin.behave("silent")

    def cut_internet(self) -> None:
        """The Internet goes, and with it what is reached by it alone; TSLCD stays."""
        self.internet.behave("silent")
        for service in SERVICES:
            if service.network is Network.INTERNET:
                self.services[service.id].behave("silent")

    def mislead(self) -> None:
        """The resolver answers, with an address where nobody is."""
        self.dns.zone = {service.host: (ASTRAY,) for service in SERVICES}

    def certify(self, service: Service, kind: Kind) -> None:
        """Give a service another certificate."""
        self.services[service.id].present(self._authority.context(kind, (service.host,)))

    def move_ahead(self) -> None:
        """The world lives a month ahead of this PC, as for a PC whose clock battery is dead: no certificate fits."""
        for service in SERVICES:
            self.services[service.id].date_offset_s = 30 * _DAY_S
            self.certify(service, "not_yet")

    def _all(self) -> tuple[TcpStandIn | DnsStandIn | HttpStandIn, ...]:
        return (self.gateway, self.line, self.internet, self.tslcd, self.dns, *self.services.values())

    def _near(self) -> tuple[Check, ...]:
        return (
            HostCheck(id="machine", rung=Rung.MACHINE, target="local", name="Máy trạm này"),
            self._tcp("gateway", Rung.GATEWAY, self.gateway, "Thiết bị đầu cuối (giả)"),
            self._tcp("line", Rung.LINE, self.line, "Đường truyền (giả)"),
            self._tcp("internet", Rung.INTERNET, self.internet, "Internet (giả)", Network.INTERNET),
            self._tcp("tslcd", Rung.INTERNET, self.tslcd, "Mạng TSLCD (giả)", Network.TSLCD),
            DnsCheck(
                id="names",
                rung=Rung.DNS,
                target=self.dns.target,
                query=PORTAL.host,
                expect=(HERE,),
                name="Máy chủ tên miền (giả)",
                timeout=self.timeout,
            ),
        )

    def _tcp(
        self, check_id: str, rung: Rung, standin: TcpStandIn, name: str, network: Network = Network.BOTH
    ) -> TcpCheck:
        return TcpCheck(id=check_id, rung=rung, target=standin.target, name=name, network=network, timeout=self.timeout)

    def _page_of(self, service: Service) -> HttpCheck:
        return HttpCheck(
            id=service.id,
            rung=Rung.SERVICE,
            target=f"https://{service.host}:{self.services[service.id].port}/",
            name=service.name,
            network=service.network,
            mandatory=service.mandatory,
            contains=service.name,
            ca_file=str(self._authority.ca_file),
            timeout=self.timeout,
            confirm=False,
        )
