"""Who is told what of a fault, and who is not: each rule as a story. ``stories`` says how to read them.

A and B are on call for lines, in this order, C is the fallback; P is on call for power.
"""

import pytest
from msgspec.structs import replace

from sansang_alerts.roster import roster_of
from sansang_alerts.settings import Shift, Step
from tests.alerts.desks import LINE, POWER, SMS, settings
from tests.alerts.stories import Play, expected, played

STORIES = {
    "the first on call is told, then the next, then the fallback, then the fallback again": """
        0 opened            -> a opened
        10                  -> b escalated
        20                  -> c escalated
        260                 -> c escalated
        400 updated
        """,
    "the end is told to whoever was told, once it has lasted three minutes": """
        0 opened            -> a opened
        10                  -> b escalated
        12 recovered
        15                  -> a recovered, b recovered
        60 updated
        """,
    "who acknowledges ends the asking, and the others learn who it was": """
        0 opened            -> a opened
        10                  -> b escalated
        11 acknowledge b    -> a acknowledged
        12 acknowledge a
        100 recovered
        103                 -> a recovered, b recovered
        """,
    "an acknowledgement on the collector's page counts as one here": """
        0 opened            -> a opened
        5 acknowledged by=Hạnh -> a acknowledged
        60 updated
        """,
    "what was acknowledged and is still there is called to mind": """
        0 opened            -> a opened
        5 acknowledge a
        245                 -> a reminder
        485                 -> a reminder
        500 recovered
        503                 -> a recovered
        """,
    "what somebody has taken on before it is told asks nobody else": """
        0 opened held=maintenance:7
        1 acknowledged by=Hạnh
        9 updated held=     -> a opened
        60 updated
        """,
    "what is for information is never told by itself, nor its end": """
        0 opened severity=info
        30 recovered
        60 updated
        """,
    "what was for information and grows urgent is told as new": """
        0 opened severity=info
        30 updated severity=warning -> a opened
        """,
    "what is held back is told when nothing holds it back any more": """
        0 opened held=maintenance:7
        30 updated held=    -> a opened
        """,
    "what is held back and over was never told, and its end is not": """
        0 opened held=situation:3
        30 recovered
        60 updated
        """,
    "what is held back after it was told asks nobody, and its end is told": """
        0 opened            -> a opened
        5 updated held=maintenance:7
        60 recovered
        63                  -> a recovered
        """,
    "steps wait as long as it is held back": """
        0 opened            -> a opened
        5 updated held=maintenance:7
        35 updated held=
        40                  -> b escalated
        """,
    "a new owner's team is told, and the old one that it was handed over": """
        0 opened            -> a opened
        2 updated owner=power -> p opened, a handed_over
        12                  -> c escalated
        20 recovered
        23                  -> a recovered, p recovered, c recovered
        """,
    "a new team has to acknowledge anew": """
        0 opened            -> a opened
        1 acknowledge a
        2 updated owner=power -> p opened, a handed_over
        12                  -> c escalated
        """,
    "a new owner within the same team is an update": """
        0 opened            -> a opened
        2 updated owner=commune_it -> a updated
        """,
    "more urgent is told, calmer is not, and urgent again is no news": """
        0 opened severity=warning -> a opened
        2 updated severity=critical -> a updated
        3 updated severity=warning
        4 updated severity=critical
        """,
    "other communes or another class are no news": """
        0 opened            -> a opened
        2 updated
        3 updated
        """,
    "what comes back within three minutes was never over for anybody": """
        0 opened            -> a opened
        1 acknowledge a
        4 recovered
        6 reopened
        60 updated
        """,
    "what comes back after its end was told is told again": """
        0 opened            -> a opened
        2 recovered
        5                   -> a recovered
        9 reopened          -> a opened
        19                  -> b escalated
        """,
    "what comes back has to be acknowledged again": """
        0 opened            -> a opened
        1 acknowledge a
        2 recovered
        5                   -> a recovered
        9 reopened          -> a opened
        10 acknowledge b    -> a acknowledged
        """,
    "what is unstable is said once, and its end once it is over for good": """
        0 opened            -> a opened
        1 acknowledge a
        4 unstable          -> a unstable
        14 recovered
        20 reopened
        30 recovered
        50 reopened
        60 recovered
        90                  -> a recovered
        120 updated
        """,
    "what is unstable and changes its owner to and fro stays with whom it was": """
        0 opened            -> a opened
        1 unstable          -> a unstable
        2 updated owner=power
        3 updated owner=telecom
        4 updated owner=commune_it
        5 acknowledge b     -> a acknowledged
        """,
    "what is unstable and becomes critical is told": """
        0 opened severity=warning -> a opened
        1 unstable          -> a unstable
        2 updated severity=critical -> a updated
        3 updated severity=warning
        4 updated severity=critical
        """,
    "while it seems to be over nobody else is asked, and at once when it is not": """
        0 opened            -> a opened
        9 recovered
        11 reopened         -> b escalated
        """,
    "what is merged into another is told to whoever was told, and to nobody else": """
        0 opened            -> a opened
        3 withdrawn withdrawn=merged:K7F2QD -> a withdrawn
        60 recovered
        """,
    "what was merged before anybody was told is never told": """
        0 opened held=maintenance:7
        3 withdrawn withdrawn=merged:K7F2QD
        """,
    "what is unmerged is told again": """
        0 opened            -> a opened
        3 withdrawn withdrawn=merged:K7F2QD -> a withdrawn
        9 updated withdrawn= -> a opened
        """,
    "what was merged and changes afterwards is told to nobody": """
        0 opened            -> a opened
        3 withdrawn withdrawn=merged:K7F2QD -> a withdrawn
        9 updated owner=power severity=critical
        60 updated
        """,
    "what was told as calmer with another owner is told when it is urgent again": """
        0 opened            -> a opened
        1 updated severity=warning owner=commune_it -> a updated
        2 updated severity=critical -> a updated
        """,
    "what somebody has taken on is asked of nobody else, though a message fails": """
        0 opened            -> a opened
        1 acknowledge a
        2 unreached
        """,
    "what was corrected after it was over is told to nobody": """
        0 opened            -> a opened
        1 recovered
        4                   -> a recovered
        60 updated severity=critical owner=power
        """,
    "what nobody can be told of where it was sent goes to the next at once": """
        0 opened            -> a opened
        1 unreached         -> b escalated
        2 unreached         -> c escalated
        3 unreached
        8                   -> c escalated
        9 unreached
        18                  -> c escalated
        19 unreached
        37 updated
        """,
    "an end that lasts is told though it is held back by then": """
        0 opened            -> a opened
        2 recovered
        3 updated held=maintenance:7
        5                   -> a recovered
        """,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_rule(story: str) -> None:
    assert played(story) == expected(story)


FLAPPING = "\n".join(
    ["0 opened -> a opened", "1 acknowledge a"]
    + [
        line
        for cut in range(1, 20)
        for line in (
            f"{cut * 3 - 1.5} recovered",
            f"{cut * 3} {'unstable -> a unstable' if cut == 3 else 'reopened'}",
        )
    ]
    + ["68 recovered", "98 -> a recovered", "200 updated"]
)


def test_a_line_with_20_cuts_an_hour_is_one_opening_one_instability_and_one_recovery() -> None:
    assert played(FLAPPING) == {0: ["a opened"], 9: ["a unstable"], 98: ["a recovered"]}


ANNOUNCED = {
    "nobody is told before Alertmanager says so": """
        0 opened
        10 updated severity=critical owner=power
        20 updated owner=telecom
        30 release          -> a opened
        31 release
        40                  -> b escalated
        """,
    "the end comes from the source, whatever Alertmanager said since": """
        0 opened
        1 release           -> a opened
        5 recovered
        8                   -> a recovered
        """,
    "what was over before Alertmanager spoke is told to nobody": """
        0 opened
        5 recovered
        6 release
        """,
    "what comes back waits for Alertmanager again": """
        0 opened
        1 release           -> a opened
        2 recovered
        5                   -> a recovered
        9 reopened
        10 release          -> a opened
        """,
}


@pytest.mark.parametrize("story", ANNOUNCED.values(), ids=ANNOUNCED)
def test_rule_where_alertmanager_says_when(story: str) -> None:
    assert played(story, announced=True) == expected(story)


def test_a_step_may_ask_everyone_or_another_team() -> None:
    steps = (Step(after_minutes=0), Step(after_minutes=5, to="everyone"), Step(after_minutes=9, to="team:power"))
    story = """
        0 opened            -> a opened
        5                   -> a escalated, b escalated
        9                   -> p escalated
        10 recovered
        13                  -> a recovered, b recovered, p recovered
        """
    assert played(story, settings(teams=(replace(LINE, steps=steps), POWER))) == expected(story)


def test_who_knows_already_is_asked_again_only_when_the_fallback_knows_too() -> None:
    steps = (Step(after_minutes=0), Step(after_minutes=5), Step(after_minutes=9))
    story = """
        0 opened            -> a opened
        5                   -> c escalated
        9                   -> a escalated
        """
    assert played(story, settings(teams=(replace(LINE, steps=steps), POWER))) == expected(story)


def test_what_was_over_before_anybody_was_told_is_over() -> None:
    play = Play(roster_of(settings(), {}, ()), announced=False)
    play.happens(0, ["opened", "held=maintenance:7"])
    play.happens(5, ["recovered"])

    assert play.standing is not None
    assert play.standing.over_at is not None
    assert play.told == {}


def test_a_person_alone_on_call_is_followed_by_the_fallback_who_is_then_asked_again() -> None:
    story = """
        0 opened owner=power -> p opened
        10                  -> c escalated
        20                  -> c escalated
        """
    assert played(story) == expected(story)


def test_the_next_one_on_call_is_the_next_who_can_be_reached() -> None:
    of = settings(SMS, teams=(replace(LINE, shifts=(Shift(people=("a", "c", "b")),), fallback="p"),))

    assert played("0 opened\n10\n19 updated", of) == {0: ["a opened"], 10: ["b escalated"]}


def test_who_is_reminded_is_the_first_who_can_be_reached() -> None:
    of = settings(SMS, teams=(replace(LINE, shifts=(Shift(people=("c", "b")),), fallback="a"),))

    assert played("0 opened\n1 acknowledge Chi\n242 updated", of)[241] == ["b reminder"]


def test_what_reaches_nobody_is_told_as_soon_as_somebody_can_be_reached() -> None:
    nobody, all_of_them = (roster_of(one, {}, ()) for one in (replace(settings(), channels=()), settings()))
    play = Play(nobody, announced=False)
    play.happens(0, ["opened"])
    play.clock(5)
    play._roster = all_of_them
    play.clock(9)
    play.clock(10)

    assert play.told == {10: ["a opened"]}
