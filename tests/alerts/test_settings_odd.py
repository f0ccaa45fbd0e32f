"""Whatever stands in alerts.yml is taken or refused with mistakes that have lines; nothing else ever comes of it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_agent.contract.settings import Mistake, Rule, SettingsError, loads
from sansang_alerts import settings_rules, settings_warnings
from sansang_alerts.settings import (
    AlertSettings,
    EmailChannel,
    Person,
    Shift,
    SmsChannel,
    Step,
    Takes,
    Team,
    WebhookChannel,
    ZaloChannel,
)

WORDS = [
    *("line", "desk", "mail", "", "x\n", "2026-02-30", "2026-11-26", "2026-02-16..2026-02-20", "07:00", "{to}{text}"),
    *("team:line", "next", "mon", "telecom", "06001", "a@b.vn", "https://h.vn/{secret}", "host:25", "(", "wan", "-1"),
]
SCALARS = st.one_of(st.sampled_from(WORDS), st.integers(-5, 10**12), st.booleans(), st.none())
ODD = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3), max_leaves=5
)


def row(struct: type[msgspec.Struct], /, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a struct's keys with odd values, or with such as fit."""
    keys = dict.fromkeys(struct.__struct_encode_fields__, ODD)
    return st.fixed_dictionaries({}, optional={**keys, **more})


def rows(struct: type[msgspec.Struct], /, **more: Any) -> st.SearchStrategy[Any]:
    return st.lists(row(struct, **more), max_size=2) | ODD


CHANNELS = st.lists(
    st.one_of(
        *(
            row(kind, kind=st.just(kind.__struct_config__.tag), id=st.sampled_from(["mail", "sms"]))
            for kind in (EmailChannel, ZaloChannel, WebhookChannel, SmsChannel)
        )
    ),
    max_size=2,
)
FILES = row(
    AlertSettings,
    people=rows(Person, id=st.sampled_from(["line", "desk"])),
    teams=rows(Team, id=st.just("line"), takes=rows(Takes), shifts=rows(Shift), steps=rows(Step)),
    channels=CHANNELS | ODD,
    alertmanager_config=st.just(""),
)


def mistakes(text: str, rule: Rule) -> list[Mistake]:
    try:
        loads(text, "alerts.yml", AlertSettings, rule)
    except SettingsError as refused:
        return refused.mistakes
    return []


def refused(text: str) -> list[Mistake]:
    return mistakes(text, settings_rules.rule(Path("/nonexistent"), settings_rules.known(text)))


@given(FILES)
@settings(max_examples=60, deadline=None)
def test_odd_settings_are_refused_in_words(file: dict[str, Any]) -> None:
    text = yaml.safe_dump(json.loads(json.dumps(file, skipkeys=True)), allow_unicode=True)

    found = refused(text)

    assert all(one.message and one.line for one in found)
    if not found:
        mistakes(text, settings_warnings.judge)


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_text_at_all_is_refused_in_words(text: str) -> None:
    assert all(one.message for one in refused(text))
