"""Reports and envelopes as agents send them, made for tests with few words."""

from typing import Any

import msgspec

from sansang_agent.contract.check import Check, HttpCheck, IcmpCheck, Profile
from sansang_agent.contract.codec import encode, profile_hash
from sansang_agent.contract.rung import Rung

STREAM = "0123456789abcdef0123456789abcdef"
OTHER_STREAM = "fedcba9876543210fedcba9876543210"
BOOT = "boot-1"

GATEWAY = IcmpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1", name="Cổng mạng")
SERVICE = HttpCheck(id="dvc", rung=Rung.SERVICE, target="http://192.0.2.2/", name="Dịch vụ công")


def profile(*checks: Check, label: str = "") -> Profile:
    """A profile; of the gateway and the service if no checks are named."""
    return Profile(label=label, checks=checks or (GATEWAY, SERVICE))


def result(check: str = "gw", reason: str | None = None, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    """A result: ok without a reason, failed with one."""
    found = {"check": check, "outcome": outcome or ("failed" if reason else "ok"), **more}
    return found | ({"reason": reason} if reason else {})


def report(seq: int = 1, mono: float = 1000.0, results: Any = None, **more: Any) -> dict[str, Any]:
    """A report of boot ``boot-1`` taken ``mono`` seconds after its start."""
    taken: dict[str, Any] = {"stream": STREAM, "seq": seq, "boot": BOOT, "mono": mono, "wall": 1_700_000_000 + mono}
    return {**taken, "why": "periodic", "results": [result()] if results is None else results, **more}


def envelope(*reports: Any, mono: float = 1000.0, profiles: tuple[Profile, ...] = (), **more: Any) -> dict[str, Any]:
    """An envelope sent at ``mono`` of the same boot."""
    sent = {"boot": BOOT, "mono": mono, "wall": 1_700_000_000 + mono}
    known = {profile_hash(one): msgspec.to_builtins(one) for one in profiles}
    return {"v": 1, "sent": sent, "reports": list(reports), "profiles": known, **more}


def body(*reports: Any, **more: Any) -> bytes:
    """An envelope's bytes."""
    return encode(envelope(*reports, **more))
