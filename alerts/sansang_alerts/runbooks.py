"""Which page says what to do about a fault, by what broke or else by whose it is. Pure.

The pages are those of docs/vi/runbooks; ``web.runbooks`` shows them.
"""

from sansang_agent.contract.rung import Component, Owner

PATH = "/runbooks"
"""Where they are, behind ``public_url``."""
_OF_KINDS = {
    Component.SITE_POWER: "mat-dien",
    Component.POWER_AREA: "mat-dien",
    Component.PC: "mang-noi-bo",
    Component.PC_APP: "mang-noi-bo",
    Component.LAN: "mang-noi-bo",
    Component.TERMINAL: "thiet-bi-dau-cuoi",
    Component.ACCESS_LINK: "duong-truyen",
    Component.ACCESS_NODE: "duong-truyen",
    Component.ARC: "vong-truyen-dan",
    Component.RING: "vong-truyen-dan",
    Component.SHARED_RISK: "vong-truyen-dan",
    Component.CORE: "mang-loi",
    Component.WAN: "mang-loi",
    Component.NDC: "dich-vu",
    Component.DNS: "phan-giai-ten",
    Component.PDC: "dich-vu",
    Component.SVC_TCP: "dich-vu",
    Component.SVC_APP: "dich-vu",
    Component.COLLECTOR: "he-thong-im-lang",
}
_OF_OWNERS = {
    Owner.POWER: "mat-dien",
    Owner.COMMUNE_IT: "mang-noi-bo",
    Owner.TELECOM: "duong-truyen",
    Owner.NETWORK_OPERATOR: "mang-loi",
    Owner.RESOLVER_OPERATOR: "phan-giai-ten",
    Owner.SERVICE_OWNER: "dich-vu",
    Owner.US: "he-thong-im-lang",
}
NAMES = frozenset({*_OF_KINDS.values(), *_OF_OWNERS.values()})
"""Pages that faults lead to; there are more, of Prometheus' rules."""


def path_of(owner: Owner, kind: Component | None = None) -> str:
    """The page's path; ``kind`` is what broke, the most probable of several, where that is known."""
    return f"{PATH}/{_OF_OWNERS[owner] if kind is None else _OF_KINDS[kind]}"
