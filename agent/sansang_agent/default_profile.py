"""The profile for a PC that nobody configured, and how ``{gateway}`` and ``{dns}`` become this PC's own addresses.

The packaged list lies in profiles/default.yml; every name of a state host in it is marked "check on site".
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from .contract.check import Check, Profile
from .contract.settings import loads
from .platform import NetworkState

MOST_OF_A_KIND = 3
"""A system may name many gateways or resolvers; more than this are not asked."""


def packaged() -> Profile:
    """The default profile as packaged, placeholders and all."""
    source = Path(__file__).parent / "profiles" / "default.yml"
    return loads(source.read_text(encoding="utf-8"), source.name, Profile)


def beside(profile: Profile | None, own: Sequence[Check]) -> Profile | None:
    """The profile with the machine's own checks beside its; None stays None where it has none."""
    if not own:
        return profile
    base, names = profile or packaged(), {check.id for check in own}
    return msgspec.structs.replace(base, checks=(*(each for each in base.checks if each.id not in names), *own))


def profile_for(configured: Profile | None, network: NetworkState) -> Profile:
    """What this PC checks: the configured profile, else the packaged one, with its own addresses filled in."""
    return expand(configured or packaged(), network)


def expand(profile: Profile, network: NetworkState) -> Profile:
    """One check per own address; a check whose placeholder has no address here is left out (its rung shows so)."""
    checks = tuple(each for check in profile.checks for each in _own(check, network))
    return msgspec.structs.replace(profile, checks=checks)


def _own(check: Check, network: NetworkState) -> Iterator[Check]:
    for placeholder, addresses in (("{gateway}", network.gateways), ("{dns}", network.dns)):
        if placeholder in check.target:
            yield from _filled(check, placeholder, addresses)
            return
    yield check


def _filled(check: Check, placeholder: str, addresses: Sequence[str]) -> Iterator[Check]:
    """The first address keeps the check's id, so that most PCs have the ids of the profile."""
    for number, address in enumerate(dict.fromkeys(addresses), start=1):
        if number > MOST_OF_A_KIND:
            return
        before_port = ":" in address and f"{placeholder}:" in check.target
        target = check.target.replace(placeholder, f"[{address}]" if before_port else address)
        suffix = "" if number == 1 else f"-{number}"
        yield msgspec.structs.replace(check, id=f"{check.id}{suffix}", target=target)
