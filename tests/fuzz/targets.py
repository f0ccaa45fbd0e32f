"""What is fuzzed: one line per endpoint that takes a body, and per address that takes a query.

A new endpoint is one more line in TARGETS, with an example that it takes and every status it may answer.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from tests.collector.test_ingest import EXAMPLE

from .mutating import form, json_body, report_body

Mutate = Callable[[random.Random, bytes], bytes]

REFUSED = frozenset({400, 404, 409, 413, 422})
"""What may be answered to a body or query that cannot be."""
FORM = "application/x-www-form-urlencoded"


class Target(NamedTuple):
    """An endpoint: ``scope`` of the token it is asked with, an ``example`` of its body or, for GET, of its query."""

    method: str
    path: str
    scope: str
    example: bytes
    mutate: Mutate = json_body
    media: str = "application/json"
    allowed: frozenset[int] = REFUSED | {200}
    weight: int = 1
    """How often it is chosen beside the others."""


MACHINE = b'{"commune":"05983","name":"pc-9","role":"mini"}'
CHANGE = b'{"ids":[1,2],"role":"counter","retired":false}'
WISH = (
    b'{"commune":"05983","agent":"pc-1","kind":"http","target":"http://192.0.2.1/","query":"dvc.example","count":2,'
    b'"why":"th\xe1\xbb\xad"}'
)
DEED = b"id=1&id=2&deed=role&to=kiosk&back=%3Fq%3Dkhanh"
LIST = b"q=khanh+khe&state=silent&role=counter&version=1&place=05983&config=lagging&sort=-contact&offset=0"
SPAN = b"check=gw&from=1782440000&to=1782443600&limit=10&offset=0"
AUDIT = b"since=0&until=1782440000&who=a&what=ask&commune=05983&limit=10&offset=0"

TARGETS = (
    Target("POST", "/api/v1/reports", "agent", EXAMPLE.strip().encode(), report_body, weight=20),
    Target("POST", "/api/v1/agents", "admin", MACHINE, allowed=REFUSED | {201}),
    Target("PATCH", "/api/v1/agents", "admin", CHANGE),
    Target("POST", "/api/v1/requests", "admin", WISH, allowed=REFUSED | {201}),
    Target("POST", "/fleet/deeds", "admin", DEED, form, FORM, REFUSED | {303}),
    Target("GET", "/fleet", "read", LIST, form),
    Target("GET", "/fleet.csv", "read", LIST, form),
    Target("GET", "/api/v1/fleet", "read", LIST, form),
    Target("GET", "/api/v1/agents/1/intervals", "read", SPAN, form),
    Target("GET", "/api/v1/history", "read", b"agent=1&" + SPAN + b"&step=300", form),
    Target("GET", "/api/v1/audit", "admin", AUDIT, form),
    Target("GET", "/audit", "admin", b"days=7&who=a&what=ask&commune=05983&offset=0", form),
    Target("GET", "/find", "read", b"code=K7F2QD", form, allowed=REFUSED | {200, 303}),
    Target("GET", "/api/v1/stream", "metrics", b"after=1", form, allowed=frozenset({400, 403})),
)
