"""Holds the words people read: glossary and catalogues whole in both languages, and no string goes past them."""

import ast
import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Component, Network, Owner, Rung
from sansang_agent.contract.severity import Severity
from sansang_agent.contract.words import LANGUAGES, word
from sansang_collector.diagnosis.incident import Phase
from tests.support.words import PACKAGES, ROOT, Package, placeholders, problems, updated, written

GLOSSARY: dict[str, type[StrEnum]] = {
    "rung": Rung,
    "owner": Owner,
    "component": Component,
    "reason": Reason,
    "outcome": Outcome,
    "light": Light,
    "network": Network,
    "role": Role,
    "severity": Severity,
    "phase": Phase,
}
AGENT = ROOT / "agent" / "sansang_agent"
SPEAKING = sorted(
    {
        *AGENT.glob("cli*.py"),
        *(AGENT / "commands").glob("*.py"),
        AGENT / "machine_lines.py",
        AGENT / "sentences.py",
        AGENT / "table.py",
    }
)
TEMPLATES = sorted((ROOT / "collector" / "sansang_collector" / "web").rglob("*.html"))
READ_BY_PEOPLE = {"title", "alt", "placeholder", "aria-label"}
NO_WORDS = {"sansang", "JSON", "CSV"}
"""Names that are the same in every language."""


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.domain)
def test_the_catalogue_is_whole_and_in_step_with_the_code(package: Package) -> None:
    assert problems(package) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.domain)
def test_the_catalogue_is_as_make_words_writes_it(package: Package) -> None:
    if package.po.exists():
        assert package.po.read_text(encoding="utf-8") == written(updated(package)).decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", GLOSSARY)
def test_the_glossary_has_every_term_in_every_language(kind: str, language: str) -> None:
    missing = [key for key in GLOSSARY[kind] if not word(kind, key, language)]

    assert missing == []


def test_the_glossary_has_no_term_without_a_thing() -> None:
    lines = (AGENT / "contract" / "words.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split(",") for line in lines]

    assert [row for row in rows if row[1] not in set(GLOSSARY[row[0]])] == []


def test_the_glossary_is_in_composed_letters() -> None:
    text = (AGENT / "contract" / "words.csv").read_text(encoding="utf-8")

    assert unicodedata.normalize("NFC", text) == text


@pytest.mark.parametrize(
    ("text", "names"),
    [("{one} and {two:>4}", {"one", "two"}), ("%(three)s of %(four)d", {"three", "four"}), ("100 %", set())],
)
def test_placeholders_of_both_kinds_are_seen(text: str, names: set[str]) -> None:
    assert placeholders(text) == names


def bare_strings(source: str) -> list[str]:
    """Words handed to print, write or ``help=`` without going through the catalogue."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            handed = list(node.args) if name in {"print", "write", "Said", "add_argument_group"} else []
            handed += [each.value for each in node.keywords if each.arg in {"help", "description", "title"}]
            found += [text for each in handed for text in literals(each) if has_words(text)]
        if isinstance(node, ast.Yield) and node.value is not None:
            found += [text for text in literals(node.value) if has_words(text)]
    return found


def literals(node: ast.expr) -> Iterator[str]:
    """The text an expression itself contains; calls are left out, they are looked at on their own."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (text for part in node.values for text in literals(part))


def has_words(text: str) -> bool:
    """Two letters in a row that are no name."""
    return any(found not in NO_WORDS for found in re.findall(r"[^\W\d_]{2,}", text))


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: str(path.relative_to(AGENT)))
def test_no_string_of_a_command_goes_past_the_catalogue(path: Path) -> None:
    assert bare_strings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("print('all is well')", ["all is well"]),
        ("print(_('all is well'))", []),
        ("print(f'{count} checks')", [" checks"]),
        ("stream.write('Stopped.')", ["Stopped."]),
        ("parser.add_argument('--x', help='show it')", ["show it"]),
        ("parser.add_argument('--x', help=_('show it'))", []),
        ("def lines():\n    yield 'not good'", ["not good"]),
        ("print(f'{one} {two:<4}')", []),
    ],
)
def test_a_bare_string_in_code_is_found(source: str, found: list[str]) -> None:
    assert bare_strings(source) == found


CODE = sorted(path for package in PACKAGES for path in package.folder.rglob("*.py"))


def hidden_strings(source: str) -> list[int]:
    """Lines where a string is translated inside an f-string, where no extraction of Python 3.11 sees it."""
    inside = (
        node for outer in ast.walk(ast.parse(source)) if isinstance(outer, ast.JoinedStr) for node in ast.walk(outer)
    )
    calls = (
        node for node in inside if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    )
    marks = {"_", "say", "plural", "mark", "gettext", "ngettext"}
    return [
        call.lineno
        for call in calls
        if (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")) in marks
    ]


def test_no_string_hides_from_the_extraction() -> None:
    hidden = {str(path.relative_to(ROOT)): hidden_strings(path.read_text(encoding="utf-8")) for path in CODE}

    assert hidden
    assert {path: lines for path, lines in hidden.items() if lines} == {}


def test_a_string_that_hides_is_found() -> None:
    assert hidden_strings("x = f\"{_('hidden')} {_(text)}\"") == [1]


class _Texts(HTMLParser):
    """The text and the read-out attributes of a page, scripts and styles left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in READ_BY_PEOPLE and value and has_words(value)]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._unread and has_words(data):
            self.found.append(data.strip())


def bare_texts(template: str) -> list[str]:
    """Words in a Jinja2 template outside its expressions and ``trans`` blocks."""
    without = re.sub(r"\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\}", "", template, flags=re.DOTALL)
    without = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", without, flags=re.DOTALL)
    page = _Texts()
    page.feed(without)
    page.close()
    return page.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_string_of_a_page_goes_past_the_catalogue(path: Path) -> None:
    assert bare_texts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Good morning</p>", ["Good morning"]),
        ("<p>{{ _('Good morning') }}</p>", []),
        ("<p>{% trans %}Good morning{% endtrans %}</p>", []),
        ('<img alt="A map"><input placeholder="{{ _(\'Code\') }}">', ["A map"]),
        ("<style>p { color: red }</style><script>let x = 'word'</script>", []),
        ("{# a remark #}{% if very_well %}<p>·</p>{% endif %}<h1>sansang</h1>", []),
        ('{% if a > b %}<b title="Bad">{% endif %}', ["Bad"]),
    ],
)
def test_a_bare_string_in_a_template_is_found(template: str, found: list[str]) -> None:
    assert bare_texts(template) == found
