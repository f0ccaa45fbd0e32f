"""Which regular expressions may be searched for: what could take for ever is refused before it is used."""

import re
import time

import pytest

from sansang_agent.contract.pattern import mistake

ALLOWED = [
    "Dịch vụ công",
    "Phiên bản [0-9]{1,3}\\.[0-9]{1,3}",
    "(?:Cổng|Trang) dịch vụ công",
    "dịch vụ.{0,200}công",
    "[]*+]",
    "[^]*+]x",
    "\\*\\+\\{2,\\}",
    "^ok$",
    "a{3}",
    "colou?r",
    "(nộp|tra cứu) hồ sơ\\b",
    "{",
]


@pytest.mark.parametrize("pattern", ALLOWED)
def test_a_bounded_pattern_is_allowed(pattern: str) -> None:
    assert mistake(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(công", "is not a regular expression: missing ), unterminated subpattern at position 0"),
        ("a**", "is not a regular expression"),
        (".*", "'*' has no upper bound; write for example {0,100}"),
        ("[0-9]+", "'+' has no upper bound"),
        ("a{3,}", "'{3,}' has no upper bound"),
        ("(a{0,9}){0,9}", "a group cannot be repeated with '{0,9}'"),
        ("(a?){30}", "a group cannot be repeated with '{30}'"),
        ("(?=a)", "'(?=' is not used here"),
        ("(?P<x>a)", "'(?P' is not used here"),
        ("(a)\\1", "'\\1' is not used here"),
        (".{0,100}x.{0,100}", "can be tried in 10201 ways at every place, at most 300 are allowed"),
        ("a?" * 40 + "a" * 40, "ways at every place"),
        ("a" * 201, "must have at most 200 characters"),
        ("a{0,99999999999}", "is not a regular expression"),
    ],
)
def test_what_is_wrong_is_said(pattern: str, said: str) -> None:
    assert said in mistake(pattern)


@pytest.mark.parametrize("pattern", [".{0,299}x", ".{0,16}.{0,16}x", "(?:a|a|a)(?:a|a|a)x", "a?" * 8 + "x"])
def test_the_dearest_patterns_allowed_end_in_time(pattern: str) -> None:
    assert mistake(pattern) == ""
    began = time.process_time()

    assert re.search(pattern, "a" * 262_144) is None
    assert time.process_time() - began < 20
