"""The one glossary (words.csv) and where gettext catalogues are found, for both programs.

Terms people read come from here; whole sentences come from each package's catalogue.
"""

import csv
import gettext
from functools import cache
from importlib.resources import as_file, files

LANGUAGES = ("vi", "en")
DEFAULT_LANGUAGE = "vi"


@cache
def _glossary() -> dict[tuple[str, str], dict[str, str]]:
    text = (files(__package__) / "words.csv").read_text(encoding="utf-8")
    return {(row["kind"], row["key"]): row for row in csv.DictReader(text.splitlines())}


def word(kind: str, key: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The term for ``key`` among ``kind`` ("rung", "component", …) in ``language``; KeyError if there is none."""
    return _glossary()[kind, key][language]


@cache
def catalogue(package: str, language: str) -> gettext.NullTranslations:
    """The gettext catalogue of ``package`` (its domain is the package's name); message ids are English."""
    with as_file(files(package) / "locale") as folder:
        return gettext.translation(package, folder, languages=[language], fallback=language == "en")
