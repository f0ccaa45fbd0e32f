"""Compiles the gettext catalogues before a wheel or an editable install is built, and puts the runbooks into wheels.

Catalogues (.mo) are not in version control; without them every user would read English. Runbooks are documents, which
the collector shows as pages; an editable install finds them where they are.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RUNBOOKS = "docs/vi/runbooks"
SHOWN_FROM = "sansang_alerts/web/runbook_pages"


class CompileCatalogues(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]  # hatchling is partly untyped
    """Build hook: every ``*.po`` below the packages becomes the ``*.mo`` beside it; a wheel gets the runbooks."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all catalogues; called by hatchling before files are collected."""
        for po in sorted(Path(self.root).glob("*/sansang_*/locale/*/LC_MESSAGES/*.po")):
            compile_catalogue(po)
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"][RUNBOOKS] = SHOWN_FROM


def compile_catalogue(po: Path) -> Path:
    """Write the ``.mo`` beside ``po`` and return it."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  # only needed when building
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with po.open("rb") as source:
        catalogue = read_po(source)
    mo = po.with_suffix(".mo")
    with mo.open("wb") as out:
        write_mo(out, catalogue)
    return mo


if __name__ == "__main__":
    for found in sorted(Path(__file__).parent.glob("*/sansang_*/locale/*/LC_MESSAGES/*.po")):
        compile_catalogue(found)
