"""The one glossary (words.csv) and where gettext catalogues are found, for both programs.

Terms people read come from here; whole sentences come from each package's catalogue.
"""

import csv
import gettext
import sys
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")
DEFAULT_LANGUAGE = "vi"


@cache
def _glossary() -> dict[tuple[str, str], dict[str, str]]:
    text = (Path(__file__).parent / "words.csv").read_text(encoding="utf-8")
    return {(row["kind"], row["key"]): row for row in csv.DictReader(text.splitlines())}


def word(kind: str, key: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The term for ``key`` among ``kind`` ("rung", "component", …) in ``language``; KeyError if there is none."""
    return _glossary()[kind, key][language]


@cache
def catalogue(package: str, language: str) -> gettext.NullTranslations:
    """The gettext catalogue of ``package`` (its domain is the package's name); message ids are English."""
    # packages are folders, also in a frozen program: the library's reader of resources costs every PC a megabyte
    folder = Path(str(sys.modules[package].__file__)).parent / "locale"
    return gettext.translation(package, folder, languages=[language], fallback=language == "en")
