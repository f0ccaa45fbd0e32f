"""Two teams with their people, and faults of theirs, for tests of who is told what."""

from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_alerts.fault import Fault
from sansang_alerts.settings import (
    AlertSettings,
    AnyChannel,
    EmailChannel,
    Person,
    Shift,
    SmsChannel,
    Takes,
    Team,
    WebhookChannel,
)
from tests.support.faults import RING

MAIL = EmailChannel(id="mail", server="127.0.0.1:25", sender="sansang@example.vn")
SMS = SmsChannel(id="sms", url="http://127.0.0.1:1/")
HOOK = WebhookChannel(id="hook", url_file="/nowhere")

LINE = Team(
    id="line",
    name="Trực đường truyền",
    takes=(Takes(),),
    fallback="c",
    shifts=(Shift(people=("a", "b")),),
)
POWER = Team(
    id="power",
    name="Trực nguồn điện",
    takes=(Takes(owners=(Owner.POWER,)),),
    fallback="c",
    shifts=(Shift(people=("p",)),),
)


def person(id_: str, phone: str = "") -> Person:
    return Person(id=id_, name=f"Trực {id_.upper()}", email=f"{id_}@example.vn", phone=phone)


def settings(*channels: AnyChannel, teams: tuple[Team, ...] = (LINE, POWER)) -> AlertSettings:
    people = (person("a", "0000000001"), person("b", "0000000002"), person("c"), person("p"))
    return AlertSettings(people=people, teams=teams, channels=channels or (MAIL,))


def fault(number: int = 12, code: str = "M4T7QX") -> Fault:
    return replace(RING, key=str(number), code=code)
