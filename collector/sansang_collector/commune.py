"""The communes of Lạng Sơn as the province has had them since 1 July 2025: code, name, type, former district.

The inventory will own places later; until then this packaged table gives a code its name.
"""

import csv
import re
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
    type: str
    former_district: str


@cache
def _communes() -> dict[str, Commune]:
    text = (files(__package__) / "data" / "langson_communes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: Commune(row["code"], row["name"], row["type"], row["former_district"]) for row in rows}


def known(code: str) -> Commune | None:
    """The commune with this code, if the table has it."""
    return _communes().get(code)


def name_of(code: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What people call the commune; its code where the table does not know it."""
    if code == NOWHERE:
        _ = catalogue("sansang_collector", language).gettext
        return _("This computer (in no commune)")
    found = known(code)
    return found.name if found else code
