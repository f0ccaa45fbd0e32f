"""Answers echoes (IPv4) as a test wants, in place of the kernel of a namespace, which was told to ignore them.

For answers that no honest host gives: twice, late, from another address, cut short, with another token.
"""

import socket
import struct
import sys
import threading


def checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def reply_to(request: bytes) -> bytes:
    """The honest reply."""
    rest = request[4:]
    return struct.pack("!BBH", 0, 0, checksum(b"\0\0\0\0" + rest)) + rest


def main(manner: str, other: str) -> None:
    """Answer for ever; ``other`` is another address of this machine."""
    hearing = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    elsewhere = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    elsewhere.bind((other, 0))
    print("ready", flush=True)
    while True:
        packet, sender = hearing.recvfrom(2048)
        request = packet[(packet[0] & 15) * 4 :]
        if request[0] == 8:
            answer(manner, reply_to(request), sender, hearing, elsewhere)


def answer(manner: str, reply: bytes, to: tuple[str, int], sock: socket.socket, elsewhere: socket.socket) -> None:
    """One echo's answers."""
    forged = reply[:8] + bytes(8) + reply[16:]
    forged = forged[:2] + struct.pack("!H", checksum(forged[:2] + b"\0\0" + forged[4:])) + forged[4:]
    match manner:
        case "twice":
            sock.sendto(reply, to)
            sock.sendto(reply, to)
        case "elsewhere":
            elsewhere.sendto(reply, to)
        case "late":
            threading.Timer(0.4, sock.sendto, (reply, to)).start()
        case "forged":
            sock.sendto(forged, to)
            sock.sendto(reply[:12], to)
        case _:
            sys.exit(f"no such manner: {manner}")


if __name__ == "__main__":
    main(*sys.argv[1:])
