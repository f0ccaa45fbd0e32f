"""Collects the user-facing strings of the programs into their catalogues, and says what a catalogue lacks.

``python tests/support/words.py update`` is what ``make words`` runs; tests/repo/test_words.py asks :func:`problems`.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "vi"
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None, "wrong": None, "say": None, "plural": (1, 2), "_units": (1, 2)}
"""How strings are marked: ``_`` and kin of gettext, ``mark`` in tables, ``wrong`` of mistakes in files, and the methods
of phrases.Speech."""
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"}}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|\{(\w+)[^{}]*\}")


class Package(NamedTuple):
    """A package with a catalogue of its own name."""

    folder: Path

    @property
    def domain(self) -> str:
        """The gettext domain."""
        return self.folder.name

    @property
    def po(self) -> Path:
        """The catalogue people edit."""
        return self.folder / "locale" / LANGUAGE / "LC_MESSAGES" / f"{self.domain}.po"


PACKAGES = (
    Package(ROOT / "agent" / "sansang_agent"),
    Package(ROOT / "collector" / "sansang_collector"),
    Package(ROOT / "alerts" / "sansang_alerts"),
)


@cache
def extracted(package: Package) -> Catalog:
    """All strings the code and the templates mark now, with the files they are in."""
    catalogue = Catalog(project="sansang", charset="utf-8")
    for name, _, message, comments, context in extract_from_dir(
        package.folder, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
    ):
        catalogue.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalogue


def updated(package: Package) -> Catalog:
    """The catalogue with new strings added and gone ones dropped; nothing is guessed from similar strings."""
    if package.po.exists():
        with package.po.open("rb") as source:
            catalogue = read_po(source, locale=LANGUAGE, domain=package.domain)
    else:
        catalogue = Catalog(locale=LANGUAGE, domain=package.domain)
    catalogue.update(extracted(package), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version, catalogue.fuzzy = "sansang", "1", False
    catalogue.header_comment = f"# {package.domain} in Vietnamese; `make words` keeps it in step with the code."
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """A catalogue as it stands in version control: sorted, no dates, no line numbers."""
    out = BytesIO()
    write_po(out, catalogue, omit_header=False, sort_output=True, no_location=True, width=120)
    lines = out.getvalue().decode().splitlines(keepends=True)
    stamped = re.compile(
        r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Report-Msgid-Bugs-To|Language-Team):'
    )
    return "".join(line for line in lines if not stamped.match(line)).encode()


def problems(package: Package) -> list[str]:
    """Everything wrong with a package's catalogue, one line each."""
    wanted = {_key(message) for message in extracted(package) if message.id}
    if not package.po.exists():
        return [f"{package.po.name}: missing"] if wanted else []
    with package.po.open("rb") as source:
        catalogue = read_po(source, locale=LANGUAGE, domain=package.domain)
    have = {_key(message): message for message in catalogue if message.id}
    return [
        *(f"not in the catalogue: {key!r}" for key in sorted(wanted - have.keys(), key=str)),
        *(f"no longer in the code: {key!r}" for key in sorted(have.keys() - wanted, key=str)),
        *(f"obsolete entry: {entry!r}" for entry in catalogue.obsolete),
        *(problem for message in have.values() for problem in _faults(message)),
    ]


def _key(message: Message) -> tuple[str, str]:
    first = message.id if isinstance(message.id, str) else message.id[0]
    return first, message.context or ""


def _faults(message: Message) -> Iterator[str]:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield f"fuzzy: {ids[0]!r}"
    if not texts or not all(texts):
        yield f"not translated: {ids[0]!r}"
        return
    for text in texts:
        if unicodedata.normalize("NFC", text) != text:
            yield f"not NFC: {text!r}"
        if placeholders(text) != placeholders(ids[-1]):
            yield f"other placeholders: {ids[-1]!r} → {text!r}"


def placeholders(text: str) -> set[str]:
    """The names in ``%(name)s`` and ``{name}``."""
    return {first or second for first, second in _PLACEHOLDER.findall(text)}


def main(arguments: list[str]) -> int:
    """``update`` rewrites the catalogues, ``check`` only says what is wrong; 1 when something is."""
    if arguments not in (["update"], ["check"]):
        sys.stderr.write("usage: python tests/support/words.py update|check\n")
        return 2
    found = 0
    for package in PACKAGES:
        if arguments == ["update"]:
            package.po.parent.mkdir(parents=True, exist_ok=True)
            package.po.write_bytes(written(updated(package)))
        for problem in problems(package):
            found += 1
            sys.stderr.write(f"{package.domain}: {problem}\n")
    return 1 if found and arguments == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
