"""What is fuzzed: one line per endpoint that takes a body, and per address that takes a query.

A new endpoint is one more line in TARGETS, with an example that it takes and every status it may answer.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from tests.collector.test_ingest import EXAMPLE

from .mutating import claim_body, form, json_body, report_body

Mutate = Callable[[random.Random, bytes], bytes]

REFUSED = frozenset({400, 404, 409, 413, 422})
"""What may be answered to a body or query that cannot be."""
NOBODY = ""
"""The scope of whoever has no token."""
OWN_PAGE = (b"Origin: http://127.0.0.1",)
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
    headers: tuple[bytes, ...] = ()
    """Lines beside the usual ones."""


MACHINE = b'{"commune":"05983","name":"pc-9","role":"mini"}'
CHANGE = b'{"ids":[1,2],"role":"counter","retired":false}'
WISH = (
    b'{"commune":"05983","agent":"pc-1","kind":"http","target":"http://192.0.2.1/","query":"dvc.example","count":2,'
    b'"why":"th\xe1\xbb\xad"}'
)
DEED = b"id=1&id=2&deed=role&to=kiosk&back=%3Fq%3Dkhanh"
LIST = b"q=khanh+khe&state=silent&role=counter&version=1&place=05983&config=lagging&sort=-contact&offset=0"
SPAN = b"check=gw&from=1782440000&to=1782443600&limit=10&offset=0"
HELLO = b'{"id":"7K2","nonce":"%s"}' % (b"a1" * 32)
JOIN = b'{"id":"7K2","nonce":"%s","answer_nonce":"%s","host":"MAY-01","system":"Windows 11","proof":"%s"}' % (
    b"a1" * 32,
    b"b2" * 56,
    b"c3" * 32,
)
ASK = b'{"claim":"%s","host":"MAY-01","system":"Windows 11"}' % (b"d" * 43)
DECISION = b'{"ids":[1],"decision":"approve","commune":"05983","name":"pc-7"}'
PERSON = b'{"name":"lan.nguyen","roles":[{"role":"technician","commune":"05983"}],"password":"b\xe1\xbb\x91n t"}'
PERSON_CHANGE = b'{"roles":[{"role":"viewer","commune":"*"}],"disabled":false}'
PERSON_FORM = b"name=an.tran&role=commune&where=communes&commune=05983&commune=05984%3B05985"
LOGIN = b"name=lan.nguyen&password=sai+b%C3%A9t&next=%2Ffleet"
CODE = b"commune=05983&role=counter&uses=3&days=7&machine="
AUDIT = b"since=0&until=1782440000&who=a&what=ask&commune=05983&limit=10&offset=0"

PLAN = (
    b'{"kind":"planned_work","title":"Thay c\xc3\xa1p","communes":["05983"],"parts":["core"],"begins":2000000000,'
    b'"ends":2000003600,"announced_at":1782440000}'
)
PLAN_FORM = (
    b"kind=power_cut&title=a&begins=2033-05-18T10%3A00&ends=2033-05-18T11%3A00&announced=2026-06-01&commune=05983"
    b"&part=core"
)
INCIDENTS = b"state=all&commune=05983&owner=telecom&severity=critical&since=1&limit=10&offset=0"

TARGETS = (
    Target(
        "POST",
        "/api/v1/reports",
        "agent",
        EXAMPLE.strip().encode(),
        report_body,
        allowed=REFUSED | {200, 403, 503},
        weight=40,
    ),
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
    Target("POST", "/api/v1/enrol/hello", NOBODY, HELLO, weight=2),
    Target("POST", "/api/v1/enrol", NOBODY, JOIN, allowed=REFUSED | {403, 429}, weight=2),
    Target("POST", "/api/v1/enrol/ask", NOBODY, ASK, claim_body, allowed=REFUSED | {202, 403, 429}, weight=2),
    Target("POST", "/api/v1/enrol/ask", NOBODY, ASK, allowed=REFUSED | {200, 202, 403, 429}),
    Target("GET", "/api/v1/enrol/waiting", "admin", b"limit=10&offset=0", form),
    Target("POST", "/api/v1/enrol/decide", "admin", DECISION),
    Target("POST", "/fleet/waiting", "admin", b"id=1&id=2&deed=refuse&commune=05983", form, FORM, REFUSED | {303}),
    Target("GET", "/fleet/waiting/confirm", "admin", b"id=1&id=2&deed=approve&commune=05983", form),
    Target("GET", "/fleet/confirm", "admin", b"id=1&deed=role&to=kiosk&" + LIST, form),
    Target("GET", "/fleet/join", "admin", b"commune=05983&machine=pc-1", form),
    Target("POST", "/fleet/join", "admin", CODE, form, FORM),
    Target("POST", "/fleet/join/revoke", "admin", b"id=7K2", form, FORM, REFUSED | {303}),
    Target("POST", "/api/v1/people", "admin", PERSON, allowed=REFUSED | {201, 503}),
    Target("PATCH", "/api/v1/people/1", "admin", PERSON_CHANGE, allowed=REFUSED | {204, 503}),
    Target("GET", "/api/v1/people", "admin", b"limit=10&offset=0", form),
    Target("POST", "/people", "admin", PERSON_FORM, form, FORM, REFUSED | {200, 503}),
    Target("POST", "/people/1/deeds", "admin", b"deed=grant&" + PERSON_FORM, form, FORM, REFUSED | {200, 303, 503}),
    Target("GET", "/people/1/confirm", "admin", b"deed=withdraw&role=viewer&commune=*", form),
    Target("GET", "/login", NOBODY, b"next=%2Ffleet%3Fq%3Dx", form),
    Target("POST", "/login", NOBODY, LOGIN, form, FORM, REFUSED | {401, 429, 503}, headers=OWN_PAGE),
    Target("POST", "/logout", NOBODY, b"token=" + b"0" * 64, form, FORM, REFUSED | {403}, headers=OWN_PAGE),
    Target(
        "POST", "/account/password", NOBODY, b"password=a&new=b&again=b", form, FORM, REFUSED | {401}, headers=OWN_PAGE
    ),
    Target("GET", "/api/v1/incidents", "read", INCIDENTS, form),
    Target("GET", "/api/v1/situations", "read", b"since=1&limit=10&offset=0", form),
    Target("POST", "/api/v1/incidents/1/note", "admin", b'{"text":"\xc4\x91\xc3\xa3 g\xe1\xbb\x8di"}'),
    Target("POST", "/api/v1/incidents/1/assign", "admin", b'{"to":"tr\xe1\xbb\xb1c ca"}'),
    Target("POST", "/api/v1/incidents/1/resolve", "admin", b'{"why":"xong"}'),
    Target("POST", "/api/v1/incidents/1/merge", "admin", b'{"into":2}'),
    Target("POST", "/api/v1/incidents/1/unmerge", "admin", b"{}"),
    Target("POST", "/api/v1/incidents/1/split", "admin", b'{"communes":["05983"]}', allowed=REFUSED | {201}),
    Target("GET", "/api/v1/maintenance", "read", b"limit=10&offset=0", form),
    Target("POST", "/api/v1/maintenance", "admin", PLAN, allowed=REFUSED | {201}),
    Target(
        "POST",
        "/incidents/1/deeds",
        "admin",
        b"deed=merge&into=K7F2QD&text=a&commune=05983",
        form,
        FORM,
        REFUSED | {303},
    ),
    Target("POST", "/maintenance", "admin", PLAN_FORM, form, FORM, REFUSED | {303}),
    Target("POST", "/maintenance/1/deeds", "admin", b"deed=cancel", form, FORM, REFUSED | {303}),
    Target("POST", "/agents/1/ask", "admin", b"check=gw", form, FORM, REFUSED | {303}),
    Target("GET", "/api/v1/stream", "metrics", b"after=1", form, allowed=frozenset({400, 403})),
)
