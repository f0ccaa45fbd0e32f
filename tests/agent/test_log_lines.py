"""What others wrote cannot look like a record of our log, nor move a terminal's cursor, nor fill the disk."""

import io
import logging

import pytest

from sansang_agent import logs
from sansang_agent.contract.log_lines import Plain, Seldom, plain


def record(message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("sansang", logging.WARNING, "", 0, message, values, None)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("máy quầy 1, 10 µs – ✓", "máy quầy 1, 10 µs – ✓"),
        ("\x1b[2J\x07\x00\r", "\\x1b[2J\\x07\\x00\\x0d"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_hidden_is_written_as_an_escape(said: str, written: str) -> None:
    assert plain(said) == written


def test_only_a_record_begins_at_the_margin() -> None:
    said = Plain().format(record("no such host %s", "a\n2026-01-01 00:00:00,000 INFO sansang: all is well"))
    first, second = said.split("\n")

    assert first.endswith("WARNING sansang: no such host a")
    assert second == "    2026-01-01 00:00:00,000 INFO sansang: all is well"


def test_a_traceback_is_indented_below_its_record() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        broken = record("it broke")
        broken.exc_info = (ValueError, error, error.__traceback__)
    lines = Plain().format(broken).split("\n")

    assert [line[:4] for line in lines[1:]] == ["    "] * len(lines[1:])
    assert lines[-2:] == ["    ValueError: a", "    b"]


def test_the_agents_log_is_written_so_too() -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers[:]
    try:
        logs.set_up(stream)
        logging.getLogger("sansang_agent").warning("the collector says %s", "\x1b[2J\nroot: hello")
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger("sansang_agent").setLevel(logging.NOTSET)

    assert stream.getvalue().endswith("the collector says \\x1b[2J\n    root: hello\n")


def test_the_same_message_is_told_once_a_minute_with_how_often_it_was_not() -> None:
    now = [0.0]
    seldom = Seldom(lambda: now[0])
    told = []
    for at in (0.0, 1.0, 59.0, 60.0, 61.0):
        now[0] = at
        one = record("Invalid HTTP request received.")
        if seldom.filter(one):
            told.append(one.getMessage())

    assert told == [
        "Invalid HTTP request received.",
        "Invalid HTTP request received. (and 2 times more in the last minutes)",
    ]
    assert seldom.filter(record("another"))
