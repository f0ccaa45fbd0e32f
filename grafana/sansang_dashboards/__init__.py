"""The Grafana dashboards as code: one module each, shared pieces in ``parts``, ``panels`` and ``states``.

``DASHBOARDS`` is the one list of what is built.
"""

from collections.abc import Callable

from grafana_foundation_sdk.builders.dashboard import Dashboard

from . import commune, province

DASHBOARDS: dict[str, Callable[[], Dashboard]] = {"province": province.build, "commune": commune.build}
"""File name without ``.json`` → its builder; the dashboard's uid is ``sansang-`` and the same name."""
