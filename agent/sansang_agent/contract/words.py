"""The one glossary (words.csv) and where gettext catalogues are found, for both programs.

Terms people read come from here; whole sentences come from each package's catalogue.
"""

import csv
import gettext
import sys
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
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


def asked_language(arguments: Sequence[str]) -> str | None:
    """The language that a command line asks for, wherever ``--lang`` stands; of several the last one, as argparse does.

    Needed before anything else is parsed; None where there is none of ours.
    """
    asked = [one.partition("=")[2] for one in arguments if one.startswith("--lang=")]
    asked += [after for word, after in pairwise(arguments) if word == "--lang"]
    return next((one for one in reversed(asked) if one in LANGUAGES), None)


def mistakes_in(language: str, *packages: str) -> Callable[[str], str]:
    """What says mistakes in a language: the catalogues of ``packages`` in this order, then the agent's, which has what
    the contract's own readers find wrong."""
    found = [catalogue(package, language) for package in (*packages, "sansang_agent") if package in sys.modules]

    def say(text: str) -> str:
        told = (one.gettext(text) for one in found)
        return next((one for one in told if one != text), text)

    return say


@cache
def catalogue(package: str, language: str) -> gettext.NullTranslations:
    """The gettext catalogue of ``package`` (its domain is the package's name); message ids are English."""
    # packages are folders, also in a frozen program: the library's reader of resources costs every PC a megabyte
    folder = Path(str(sys.modules[package].__file__)).parent / "locale"
    return gettext.translation(package, folder, languages=[language], fallback=language == "en")
