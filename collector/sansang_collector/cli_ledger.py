"""Whether there is a ledger to ask: what only reads or adds to one must not make another in a mistyped folder."""

from collections.abc import Callable

from .settings import CollectorSettings


def missing(settings: CollectorSettings, _: Callable[[str], str]) -> str:
    """What is said where the folder has no ledger; empty where it has one."""
    if (settings.folder / "ledger.db").exists():
        return ""
    none = _("There is no ledger in {folder}; name the collector's folder with --data.")
    return none.format(folder=settings.folder)
