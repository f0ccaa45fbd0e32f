"""Strict YAML: what the type decides, what is never guessed, and that nothing but a mistake comes out of a bad file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from sansang_agent.contract.settings import Mistake, SettingsError, load, loads
from sansang_agent.contract.strict import INVALID


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Inner(msgspec.Struct, frozen=True):
    code: str
    weight: float = 1.0


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    text: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, lt=100)] = 1
    on: bool = False
    colour: Colour = Colour.RED
    mode: Literal["fast", "slow"] = "fast"
    place: Path = Path()
    maybe: Inner | None = None
    pair: tuple[int, str] = (0, "")
    many: Annotated[list[Inner], msgspec.Meta(max_length=2)] = []
    table: dict[str, int] = {}


def wrong(text: str, **more: Any) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        loads(text, "f", Outer, **more)
    return str(refused.value).splitlines()


def test_every_kind_of_value_is_read() -> None:
    text = """
    text: hello
    count: 9_9
    on: yes
    colour: green
    mode: slow
    place: /tmp/x
    maybe: {code: a, weight: 2}
    pair: [3, three]
    many: [{code: b}]
    table: {x: 1, y: 2}
    """

    assert loads(text, "f", Outer) == Outer(
        text="hello",
        count=99,
        on=True,
        colour=Colour.GREEN,
        mode="slow",
        place=Path("/tmp/x"),
        maybe=Inner("a", 2.0),
        pair=(3, "three"),
        many=[Inner("b")],
        table={"x": 1, "y": 2},
    )


@pytest.mark.parametrize("plain", ["06001", "no", "12:30", "2026-01-01", "1e3", "0x1F", "1.10"])
def test_text_stays_as_it_is_written(plain: str) -> None:
    assert loads(f"text: {plain}", "f", Outer).text == plain


@pytest.mark.parametrize("plain", ["010", "1:30", "0x10", "1.0", "one", "+"])
def test_a_whole_number_is_never_guessed(plain: str) -> None:
    assert wrong(f"count: {plain}") == [f"f:1: count: must be a whole number, not '{plain}'"]


@pytest.mark.parametrize("plain", [".inf", ".nan", "1:30", ".", "-"])
def test_a_number_is_never_guessed(plain: str) -> None:
    assert wrong(f"maybe: {{code: a, weight: {plain}}}") == [f"f:1: maybe.weight: must be a number, not '{plain}'"]


def test_none_is_written_null() -> None:
    assert loads("maybe: null", "f", Outer).maybe is None


def test_an_alias_is_what_it_stands_for() -> None:
    assert loads("maybe: &a {code: a}\nmany: [*a]", "f", Outer).many == [Inner("a")]


def test_bounds_of_numbers_and_lists() -> None:
    assert wrong("count: 100\nmany: [{code: a}, {code: b}, {code: c}]\npair: [1]") == [
        "f:1: count: must be less than 100",
        "f:2: many: must have at most 2",
        "f:3: pair: must be a list of 2",
    ]


def test_all_mistakes_come_at_once_in_the_order_of_lines() -> None:
    assert wrong("colour: rde\nmany:\n- {code: a, weihgt: 3}\n- 5\nmode: [x]\nplace: {a: b}\ntable: {x: y}") == [
        "f:1: colour: must be one of red, green; did you mean 'red'?",
        "f:3: many[0].weihgt: unknown key 'weihgt'; did you mean 'weight'?",
        "f:4: many[1]: must be a group of keys",
        "f:5: mode: must be text, not a list or group",
        "f:6: place: must be text, not a list or group",
        "f:7: table.x: must be a whole number, not 'y'",
    ]


def test_a_mistake_carries_file_line_key_and_words() -> None:
    with pytest.raises(SettingsError) as refused:
        loads("\ncount: x", "agent.yml", Outer)

    assert refused.value.mistakes == [Mistake("agent.yml", 2, "count", "must be a whole number, not 'x'")]


def test_tags_and_keys_that_are_no_text_are_refused() -> None:
    assert wrong("text: !!python/object:os.system x\n? [a]\n: b") == [
        "f:1: text: tags such as tag:yaml.org,2002:python/object:os.system are not used here",
        "f:2: a key must be text",
    ]


def test_merge_keys_are_unknown_keys() -> None:
    assert wrong("maybe: {<<: {code: a}, code: b}") == ["f:1: maybe.<<: unknown key '<<'"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "f:1: is not YAML: while parsing a flow node, expected the node content, but found '<stream end>'"),
        ("a: b: c", "f:1: is not YAML: mapping values are not allowed here"),
        ("text: x\ncount: \x07", "f:2: is not YAML: special characters are not allowed"),
        (
            "text: x\n---\ntext: y",
            "f:2: is not YAML: expected a single document in the stream, but found another document",
        ),
        ("- a", "f:1: must be a group of keys"),
        ("[" * 3000, "f: is not a settings file: nested too deeply"),
        ("text: *nobody", "f:1: is not YAML: found undefined alias 'nobody'"),
    ],
    ids=["open", "colons", "bell", "two documents", "list", "deep", "alias"],
)
def test_what_is_not_settings_gives_one_clear_mistake(text: str, said: str) -> None:
    assert wrong(text) == [said]


def test_files_that_cannot_be_read_give_one_clear_mistake(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yml"
    latin.write_bytes("text: Khánh Khê".encode("cp1258"))

    for path, said in (
        (tmp_path / "none.yml", "there is no such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (latin, "is not UTF-8 text (byte 8)"),
    ):
        with pytest.raises(SettingsError) as refused:
            load(path, Outer)
        assert str(refused.value) == f"{path}: {said}"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "notepad.yml"
    path.write_bytes(b"\xef\xbb\xbftext: x\r\n")

    assert load(path, Outer).text == "x"


def test_a_rule_speaks_even_where_other_parts_are_wrong() -> None:
    def rule(type_: type, parts: Any) -> list[tuple[str, str]]:
        if type_ is Inner:
            return [("code", "is taken")] if parts.get("code") == "a" else []
        return [("many[1].code", "looks odd")] if parts["many"][1:2] == [INVALID] else []

    assert wrong("many:\n- {code: a, weight: x}\n- {code: [b]}\n", rule=rule) == [
        "f:2: many[0].code: is taken",
        "f:2: many[0].weight: must be a number, not 'x'",
        "f:3: many[1].code: looks odd",
        "f:3: many[1].code: must be text, not a list or group",
    ]
