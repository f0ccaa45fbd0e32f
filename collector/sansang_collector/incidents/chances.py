"""How probable each cause of a class is, in words; a figure only where evidence tells them apart. Pure.

Where the evidence says nothing, the localiser's figures are how often such parts break in general, and no more is said.
"""

from math import isclose

from sansang_collector.diagnosis.graph import RATES
from sansang_collector.diagnosis.verdict import Cause

from .case import Case
from .speech import Speech


def chances(case: Case, speech: Speech) -> list[tuple[str, float | None]]:
    """For each cause how probable it is, in words, and the figure where it means something."""
    if len(case.causes) == 1:
        return [("", case.causes[0].probability)]
    if _by_frequency_alone(case):
        most = max(_rate(cause, case) for cause in case.causes)
        least = min(_rate(cause, case) for cause in case.causes)
        return [(_frequency(_rate(cause, case), most, least, speech), None) for cause in case.causes]
    return [(_chance(cause.probability, speech), cause.probability) for cause in case.causes]


def _by_frequency_alone(case: Case) -> bool:
    """Whether the evidence says nothing: the figures are only how often such parts break in general."""
    total = sum(_rate(cause, case) for cause in case.causes)
    return all(isclose(cause.probability, _rate(cause, case) / total, abs_tol=0.02) for cause in case.causes)


def _rate(cause: Cause, case: Case) -> float:
    return RATES[case.naming.part(cause.part).kind]


def _frequency(rate: float, most: float, least: float, speech: Speech) -> str:
    if most == least:
        return speech.say("as probable as the others")
    return speech.say("the most frequent in general") if rate == most else speech.say("also possible")


def _chance(probability: float, speech: Speech) -> str:
    figure = speech.share(probability)
    if probability >= 0.8:
        return speech.say("very probable, about {figure}").format(figure=figure)
    if probability >= 0.5:
        return speech.say("more probable than not, about {figure}").format(figure=figure)
    if probability >= 0.075:
        return speech.say("possible, about {figure}").format(figure=figure)
    return speech.say("hardly probable")
