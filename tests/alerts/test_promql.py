"""The reader of PromQL that the tests of rules and dashboards lean on."""

import pytest

from tests.alerts.promql import grouped_labels, metric_names


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


def test_the_labels_a_metric_is_grouped_by_are_found() -> None:
    expression = 'min by (a, b) (x{c="d"}) * on (a) group_left (name) max by (a, name) (y) + sum by (e) (rate(z[5m]))'

    assert grouped_labels(expression) == [("x", {"a", "b"}), ("y", {"a", "name"})]
