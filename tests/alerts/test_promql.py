"""The reader of PromQL that the tests of rules and dashboards lean on."""

import pytest

from tests.alerts.promql import metric_names


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("up", {"up"}),
        ('up{job="sansang", a=~"x{2}y"} == 0 or absent(up{job="sansang"})', {"up"}),
        (
            "sum by (commune, agent) (rate(a_total[5m] offset 1h)) / on (commune) group_left (name) b:info",
            {"a_total", "b:info"},
        ),
        ("count(a) without (x) unless on () c > bool 1e3", {"a", "c"}),
        ('label_replace(a * 0 + 1, "name", "$1 not_a_metric", "commune", "(.+)")', {"a"}),
        ("hour() >= 1 and inf > NaN", set()),
    ],
)
def test_metric_names_are_told_from_functions_labels_and_words(expression: str, names: set[str]) -> None:
    assert metric_names(expression) == names
