"""Linux: mains, batteries and supplies that are not interrupted, as the kernel lists them under ``power_supply``.

A UPS counts as a battery: what it says is how long this machine goes on.
"""

from pathlib import Path

from sansang_agent.contract.report import Power

_STORES = ("Battery", "UPS")


def power(folder: Path) -> Power | None:
    """What feeds the machine by the supplies in ``folder``; None where they do not say."""
    supplies = [each for each in sorted(folder.glob("*")) if _read(each / "scope") != "Device"]
    stores = [each for each in supplies if _read(each / "type") in _STORES and _read(each / "present") != "0"]
    mains = [_read(each / "online") for each in supplies if _read(each / "type") == "Mains"]
    charges = [int(text) for each in stores if (text := _read(each / "capacity")).isdigit()]
    percent = float(min(charges)) if charges else None
    if any(_read(each / "status") == "Discharging" for each in stores) or (mains and "1" not in mains):
        return Power(source="battery", percent=percent)
    return Power(source="mains", percent=percent) if stores or "1" in mains else None


def _read(path: Path) -> str:
    """One value; a supply that has none, or has just been unplugged, says nothing."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
