"""Odd values, and JSON, forms, queries and bytes with some of them put in, taken out or doubled."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

ODD = (
    None,
    True,
    0,
    -1,
    2**53,
    2**63,
    2**64,
    -(2**63),
    1e308,
    -1e308,
    0.5,
    "",
    "ok",
    "\ud800",
    "\u202e<b>",
    "a" * 5000,
)
ODDER: tuple[Any, ...] = (
    [],
    {},
    [[]],
    [1, 2],
    {"a": 1},
    [[2**53, 1]],
    "timeout",
    "power\nx",
    "../..",
    "\x00",
    "9" * 400,
)
RAW = (
    b"NaN",
    b"1e999",
    b"-0",
    b'"\\ud800"',
    b"9" * 400,
    b"[" * 3000,
    b"\xff\xfe",
    b"\x00",
    b'"',
    b",",
    b"}",
    b'"seq":2',
)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything within a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*above, key)
        yield from places(value[key], (*above, key))


def mutated(chance: random.Random, value: Any) -> Any:
    """A copy with one to three places changed, doubled or gone."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        found = list(places(value))
        if not found:
            break
        *way, key = chance.choice(found)
        parent = value
        for step in way:
            parent = parent[step]
        change(chance, parent, key)
    return value


def change(chance: random.Random, parent: Any, key: Any) -> None:
    """Remove, repeat, scale or replace what is at ``key``."""
    what = chance.randrange(4)
    if what == 0:
        del parent[key]
    elif what == 1 and isinstance(parent, list):
        parent.extend([copy.deepcopy(parent[key])] * chance.choice((1, 50)))
    elif what == 2 and isinstance(parent[key], float | int):
        parent[key] = chance.choice((-parent[key], parent[key] * 1e6, parent[key] + 1e12, parent[key] / 3))
    else:
        parent[key] = copy.deepcopy(_odd(chance))


def damaged(chance: random.Random, content: bytes) -> bytes:
    """Bytes with one to four places overwritten, cut or filled."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found) + 1)
        found[at : at + chance.choice((0, 1, 5, 40))] = chance.choice((*RAW, b"", bytes([chance.randrange(256)])))
    return bytes(found)


def fresh(chance: random.Random) -> Any:
    """A value nobody has sent before: what is kept by it must be bounded by something."""
    return chance.choice((f"{chance.getrandbits(64):x}", chance.getrandbits(40), chance.random() * 1e6))


def json_body(chance: random.Random, example: bytes) -> bytes:
    """An example with its values or its bytes damaged."""
    if chance.random() < 0.3:
        return damaged(chance, example)
    return json.dumps(mutated(chance, json.loads(example))).encode()


def report_body(chance: random.Random, example: bytes) -> bytes:
    """The same, its reports new ones: under a number that was sent before most would be refused as conflicts."""
    envelope = json.loads(example)
    for report in envelope["reports"]:
        report["seq"] = chance.getrandbits(40) + 1
    return json_body(chance, json.dumps(envelope).encode())


def claim_body(chance: random.Random, example: bytes) -> bytes:
    """The same, each from a machine that was never there before: it waits, as long as there is room."""
    asked = json.loads(example) | {"claim": f"{chance.getrandbits(256):064x}", "host": str(fresh(chance))}
    return json.dumps(asked).encode()


def form(chance: random.Random, example: bytes) -> bytes:
    """A form's fields, or an address's query, with one to three of them odd, doubled or gone."""
    fields: list[tuple[str, Any]] = list(parse_qsl(example.decode(), keep_blank_values=True))
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not fields:
            break
        at = chance.randrange(len(fields))
        what = chance.randrange(4)
        if what == 0:
            del fields[at]
        elif what == 1:
            fields += [fields[at]] * chance.choice((1, 50))
        elif what == 2:
            fields[at] = (str(_odd(chance)), fields[at][1])
        else:
            fields[at] = (fields[at][0], _odd(chance))
    made = urlencode(fields, errors="replace").encode()
    return damaged(chance, made) if made and chance.random() < 0.2 else made


def _odd(chance: random.Random) -> Any:
    return fresh(chance) if chance.random() < 0.2 else chance.choice(ODD + ODDER)
