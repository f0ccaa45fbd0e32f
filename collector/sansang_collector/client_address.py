"""From which address a request came."""

import ipaddress

from starlette.types import Scope


def client_address(scope: Scope) -> str:
    """The other end's address; empty where the server does not know it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def neighbourhood(address: str) -> str:
    """What is counted as one guesser: an IPv4 address, but all of an IPv6 /64, of which one computer may use any."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
