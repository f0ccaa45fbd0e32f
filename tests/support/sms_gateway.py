"""A stand-in of an HTTP SMS gateway: takes JSON, a form or a query, and reports deliveries when told to."""

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.http_stand_in import Asked, Behaviour, HttpStandIn, Says

SECRET = "a gateway's pass&word ä"
ACCEPTED = r'"status": ?"success".*"id": ?"(?P<reference>[^"]+)"'
"""The pattern of its yes."""
BODY = '{"phone": "{to}", "text": "{text}", "from": "{sender}", "reference": "{reference}", "password": "{secret}"}'


class Sms(NamedTuple):
    """One that was taken."""

    to: str
    text: str
    sender: str
    reference: str
    """Ours."""


class SmsGatewayServer(HttpStandIn):
    """Wants its password; says no with status 200, as such gateways do."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.sent: list[Sms] = []

    def settings(self, **more: Any) -> dict[str, Any]:
        """A channel of it, but for the id and the secret's file."""
        said = {"kind": "sms", "url": f"{self.url}/send", "body": BODY, "sender": "SANSANG", "accepted": ACCEPTED}
        return said | more

    def answer(self, asked: Asked) -> Behaviour:
        given = _given(asked)
        if given.get("password") != self.secret:
            said = {"status": "error", "message": f"wrong password {given.get('password')}"}
            return Says(body=json.dumps(said).encode())
        sms = Sms(*(given.get(name, "") for name in ("phone", "text", "from", "reference")))
        self.sent.append(sms)
        return Says(body=json.dumps({"status": "success", "id": f"gw-{len(self.sent)}"}).encode())


def _given(asked: Asked) -> dict[str, str]:
    if asked.headers.get("content-type", "").startswith("application/json"):
        found = json.loads(asked.body)
        assert isinstance(found, dict)
        return found
    return dict(parse_qsl(urlsplit(asked.path).query + "&" + asked.body.decode()))


def call_back(url: str, secret: str, **fields: str) -> int:
    """A delivery report or a reply, as a form with the secret in a header; the status that was answered."""
    request = urllib.request.Request(url, urlencode(fields).encode(), {"X-Sansang-Secret": secret})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
