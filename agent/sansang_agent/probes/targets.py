"""What a check's target says: host and port, an IPv6 address in brackets (RFC 3986)."""


def host_port(target: str, default: int | None = None) -> tuple[str, int]:
    """``host[:port]`` taken apart; ValueError without a usable port. A bare IPv6 address has none."""
    bare_v6 = target.count(":") > 1 and not target.startswith("[")
    host, colon, port = (target, "", "") if bare_v6 else target.rpartition(":")
    if not bare_v6 and (not colon or target.endswith("]")):
        host, port = target, ""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    number = int(port) if port else default
    if not host or number is None or not 0 < number < 65536:
        raise ValueError(f"{target!r} is not host:port")
    return host, number
