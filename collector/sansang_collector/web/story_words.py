"""What the steps of an incident's story are called. Pure."""

from collections.abc import Callable

from sansang_collector.diagnosis.incident import Happening


def happened(one: Happening, _: Callable[[str], str]) -> str:
    """A step's name; one that a later program writes stays as it is."""
    return {
        Happening.SUSPECTED: _("suspected"),
        Happening.OPENED: _("opened"),
        Happening.UPDATED: _("updated"),
        Happening.MATURED: _("confirmed over a minute"),
        Happening.CLOSING: _("seems to be over"),
        Happening.RESOLVED: _("over"),
        Happening.REOPENED: _("came back"),
        Happening.DROPPED: _("suspicion dropped"),
        Happening.REVISED: _("corrected by results that arrived later"),
        Happening.UNSTABLE: _("comes and goes"),
        Happening.OVERRUN: _("planned work takes longer than announced"),
        Happening.HELD_BACK: _("nobody was told"),
        Happening.MERGED: _("merged with another incident"),
        Happening.UNMERGED: _("told by itself again"),
        Happening.SPLIT: _("some communes became an incident of their own"),
        Happening.ACKNOWLEDGED: _("acknowledged"),
        Happening.ASSIGNED: _("assigned"),
        Happening.NOTED: _("note"),
        Happening.RESOLVED_BY_HAND: _("resolved by hand"),
    }.get(one, str(one))
