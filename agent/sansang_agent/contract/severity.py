"""How urgent an incident is, as the glossary words it: the collector judges it, alerts act by it.

The table of which is when stands in docs/incidents.md.
"""

from enum import StrEnum


class Severity(StrEnum):
    """How urgent it is."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
