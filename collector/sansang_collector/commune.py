"""What people call a commune: by the inventory in force, or by the packaged table where no inventory has it.

The table has the communes of Lạng Sơn as they have been since 1 July 2025: code, name, kind, former district.
"""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sansang_agent.contract.words import DEFAULT_LANGUAGE, catalogue

CODE = re.compile(r"[0-9]{5}")
"""A commune's official code: five digits."""
NOWHERE = "00000"
"""The code of a machine in no commune, for example a newcomer's first one; no commune of Vietnam has it."""


class Commune(NamedTuple):
    """One commune or ward."""

    code: str
    name: str
    kind: str
    former_district: str
    province: str
    """The province's two digits."""


_LANG_SON = "20"


@cache
def _packaged() -> dict[str, Commune]:
    text = (files(__package__) / "data" / "langson_communes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["code"]: Commune(row["code"], row["name"], row["type"], row["former_district"], _LANG_SON) for row in rows
    }


class Places(NamedTuple):
    """Communes by code; what is not among them is looked up in the packaged table."""

    communes: Mapping[str, Commune] = {}

    def known(self, code: str) -> Commune | None:
        """The commune with this code, if anything has it."""
        return self.communes.get(code) or _packaged().get(code)

    def name_of(self, code: str, language: str = DEFAULT_LANGUAGE) -> str:
        """What people call the commune; its code where nothing knows it."""
        if code == NOWHERE:
            _ = catalogue("sansang_collector", language).gettext
            return _("This computer (in no commune)")
        found = self.known(code)
        return found.name if found else code


PACKAGED = Places()
"""Without an inventory."""
