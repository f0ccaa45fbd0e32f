"""This machine itself: is any network adapter up, is its address its own, and what a report says about the host."""

from pathlib import Path

from sansang_agent.contract.check import HostCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Host, Result
from sansang_agent.platform import NetworkState, Platform

from . import Tools, results


async def probe(check: HostCheck, tools: Tools) -> Result:
    """Look at the adapters; nothing is sent."""
    network = tools.platform.network()
    if not any(nic.up for nic in network.nics):
        return results.bad(check, Reason.UNREACHABLE, "no adapter is up")
    return results.good(check, detail=_described(network))


def _described(network: NetworkState) -> str:
    up = ", ".join(nic.name for nic in network.nics if nic.up)
    described = f"up: {up}; gateway: {', '.join(network.gateways) or '-'}; dns: {', '.join(network.dns) or '-'}"
    twice = f"; used by another machine too: {', '.join(network.duplicates)}" if network.duplicates else ""
    return described + twice


def facts(platform: Platform, data_dir: Path, clock_skew_s: float | None = None) -> Host:
    """What a report says about the machine; CPU in use since the last call, free bytes where ``data_dir`` lies.

    ``clock_skew_s``: the collector's clock minus this machine's, which only the uplink knows.
    """
    import psutil  # noqa: PLC0415  # only when asked: the agent's modules stay light

    network = platform.network()
    return Host(
        uptime_s=platform.mono(),
        cpu=_ratio(psutil.cpu_percent()),
        memory=_ratio(psutil.virtual_memory().percent),
        disk_free_bytes=_free_bytes(data_dir),
        nics=network.nics,
        gateways=network.gateways,
        dns=network.dns,
        power=platform.power(),
        duplicates=network.duplicates,
        clock_skew_s=None if clock_skew_s is None else round(clock_skew_s, 3),
    )


def _ratio(percent: float) -> float:
    return round(min(max(percent / 100, 0.0), 1.0), 4)


def _free_bytes(folder: Path) -> int | None:
    import psutil  # noqa: PLC0415

    try:
        return int(psutil.disk_usage(str(folder)).free)
    except OSError:
        return None
