"""What the panels show in a small world of two communes, computed by a real PromQL engine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.documents import ROOT

pytestmark = pytest.mark.needs("prometheus")

HERE = 'commune="06220", agent="quay-1"'
WORLD = {
    'sansang_build_info{version="0.1.0"}': 1,
    'sansang_commune_info{commune="06220", name="Xã Khánh Khê", former_district="Huyện Văn Quan"}': 1,
    'sansang_commune_info{commune="05983", name="Phường Lương Văn Tri", former_district="Thành phố Lạng Sơn"}': 1,
    f"sansang_agent_up{{{HERE}}}": 1,
    'sansang_agent_up{commune="06220", agent="quay-2"}': 0,
    'sansang_agent_up{commune="05983", agent="quay-1"}': 0,
    f'probe_success{{{HERE}, check="gw", rung="gateway"}}': 1,
    f'probe_success{{{HERE}, check="dvc", rung="service"}}': 0,
    f'probe_success{{{HERE}, check="vneid", rung="service"}}': 1,
    f'sansang_probe_unknown{{{HERE}, check="line", rung="line", reason="no_permission"}}': 1,
    f'probe_ssl_earliest_cert_expiry{{{HERE}, check="dvc", rung="service"}}': 86460,
}
NOTHING = {'sansang_build_info{version="0.1.0"}': 1}

Shown = dict[str, float]
"""Labels of a series → its value."""


def _query(dashboard: str, panel: int, target: int) -> str:
    board = json.loads((ROOT / "grafana" / "dashboards" / f"{dashboard}.json").read_text(encoding="utf-8"))
    (found,) = [item for item in board["panels"] if item["id"] == panel]
    expr: str = found["targets"][target]["expr"]
    return expr.replace("$commune", "06220").replace("$agent", ".*")


def _assert_shown(folder: Path, world: dict[str, int], expr: str, shown: Shown) -> None:
    samples = [{"labels": labels, "value": value} for labels, value in shown.items()]
    case: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": series, "values": f"{value} {value}"} for series, value in world.items()],
        "promql_expr_test": [{"expr": expr, "eval_time": "1m", "exp_samples": samples}],
    }
    file = folder / "world.yml"
    file.write_text(yaml.safe_dump({"tests": [case]}, allow_unicode=True), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("panel", "value"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 1), (6, 86400)], ids=str)
def test_the_numbers_of_the_province_are_right(panel: int, value: float, tmp_path: Path) -> None:
    _assert_shown(tmp_path, WORLD, _query("province", panel, 0), {"{}": value})


@pytest.mark.parametrize(("panel", "value"), [(1, 1), (2, 1), (3, 1), (4, 1), (6, 86400)], ids=str)
def test_the_numbers_of_the_commune_are_right(panel: int, value: float, tmp_path: Path) -> None:
    _assert_shown(tmp_path, WORLD, _query("commune", panel, 0), {"{}": value})


@pytest.mark.parametrize(("dashboard", "panel"), [("province", 2), ("province", 5), ("commune", 3), ("commune", 4)])
def test_none_is_nought_and_not_empty(dashboard: str, panel: int, tmp_path: Path) -> None:
    _assert_shown(tmp_path, NOTHING, _query(dashboard, panel, 0), {"{}": 0})


def test_a_rung_of_a_commune_is_the_share_of_its_good_checks(tmp_path: Path) -> None:
    shown: Shown = {
        '{commune="06220", name="Xã Khánh Khê", rung="gateway"}': 1,
        '{commune="06220", name="Xã Khánh Khê", rung="service"}': 0.5,
    }
    _assert_shown(tmp_path, WORLD, _query("province", 7, 0), shown)


def test_a_commune_is_heard_of_when_one_machine_is(tmp_path: Path) -> None:
    shown: Shown = {
        '{commune="06220", name="Xã Khánh Khê"}': 1,
        '{commune="05983", name="Phường Lương Văn Tri"}': 0,
    }
    _assert_shown(tmp_path, WORLD, _query("province", 9, 0), shown)


def test_an_unknown_result_is_neither_good_nor_failed(tmp_path: Path) -> None:
    shown: Shown = {
        '{agent="quay-1", check="gw", rung="gateway"}': 1,
        '{agent="quay-1", check="dvc", rung="service"}': 0,
        '{agent="quay-1", check="vneid", rung="service"}': 1,
        '{agent="quay-1", check="line", rung="line"}': 2,
    }
    _assert_shown(tmp_path, WORLD, _query("commune", 7, 0), shown)
