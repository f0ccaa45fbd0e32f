"""Stand-ins of mail, Zalo and SMS, and an alerts.yml whose one team is reached by all three."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

from sansang_alerts import schema
from sansang_alerts.tables import PAIRING
from sansang_collector.store import Store
from tests.support.channels import secret
from tests.support.mail_server import MailServer
from tests.support.sms_gateway import SECRET, SmsGatewayServer
from tests.support.zalo_server import TOKEN, ZaloServer

FIRST, NEXT, LAST = "line-1", "line-2", "noc"
PHONES = {FIRST: "0000000001", NEXT: "0000000002", LAST: "0000000003"}


class Told(NamedTuple):
    """What one person was sent, by each channel."""

    mails: list[str]
    zalos: list[str]
    texts: list[str]

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.mails), len(self.zalos), len(self.texts)


class Receivers:
    """All three, running."""

    def __init__(self, mail: MailServer, zalo: ZaloServer, sms: SmsGatewayServer) -> None:
        self.mail, self.zalo, self.sms = mail, zalo, sms

    def told(self, person: str) -> Told:
        """Everything that came for somebody so far; of e-mails the subject."""
        return Told(
            [str(one.parsed["Subject"]) for one in self.mail.mails if one.to == (f"{person}@example.vn",)],
            [one.text for one in self.zalo.sent if one.chat == f"chat-{person}"],
            [one.text for one in self.sms.sent if one.to == PHONES[person]],
        )


@contextmanager
def receivers(folder: Path) -> Iterator[Receivers]:
    """Their secrets lie in ``folder``, beside the alerts.yml that is written there."""
    with ExitStack() as stack:
        mail = stack.enter_context(MailServer())
        zalo = stack.enter_context(ZaloServer(*(f"chat-{person}" for person in PHONES)))
        sms = stack.enter_context(SmsGatewayServer())
        (folder / "alerts.yml").write_text(_settings(folder, mail, zalo, sms), encoding="utf-8")
        yield Receivers(mail, zalo, sms)


def pair(store: Store) -> None:
    """Everybody has written to the bot before."""
    rows = [{"channel": "zalo", "person": one, "chat": f"chat-{one}", "paired_at": 0.0} for one in PHONES]
    store.write_sync(schema.migrate)
    store.write_sync(lambda connection: connection.execute(PAIRING.insert(), rows))


def _settings(folder: Path, mail: MailServer, zalo: ZaloServer, sms: SmsGatewayServer) -> str:
    secret(folder, "zalo-token", TOKEN)
    secret(folder, "sms-password", SECRET)
    people = [
        {"id": one, "name": f"Trực {one}", "email": f"{one}@example.vn", "phone": phone}
        for one, phone in PHONES.items()
    ]
    team = {
        "id": "line", "name": "Trực đường truyền", "takes": [{}], "fallback": LAST,
        "shifts": [{"people": [FIRST, NEXT]}],
        "steps": [{"after_minutes": 0}, {"after_minutes": 3, "to": "next"}, {"after_minutes": 5, "to": "fallback"}],
    }  # fmt: skip
    channels = [
        {"id": "mail", "kind": "email", "server": f"127.0.0.1:{mail.port}", "sender": "sansang@example.vn",
         "security": "none"},
        {"id": "zalo", "kind": "zalo", "token_file": "zalo-token", "api": zalo.url},
        {"id": "sms", **sms.settings(secret_file="sms-password")},
    ]  # fmt: skip
    own = {"data_dir": str(folder / "desk"), "dead_man_file": "deadman.json"}
    return yaml.safe_dump(own | {"people": people, "teams": [team], "channels": channels}, allow_unicode=True)
