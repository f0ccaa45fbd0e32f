"""The API does as its OpenAPI description says, whatever schemathesis makes of it, for every kind of credential."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import sampled_from
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sansang_collector.app import create_app
from sansang_collector.settings import CollectorSettings
from tests.support.collector_process import CollectorProcess

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SEED = 20260626
EXAMPLES = 12
"""Of each operation, right and wrong ones, each with one of the credentials."""
ENDLESS = "/api/v1/stream"
"""Its answer does not end; its own tests read it."""
CREDENTIALS = (("admin", ()), ("admin", ()), ("read", ()), ("agent", ("05983", "pc-1")), ("metrics", ()))
"""Twice the one that gets furthest."""
FOR_ANYBODY = {"/api/v1/enrol", "/api/v1/enrol/hello", "/api/v1/enrol/ask"}
"""What a machine asks that has no credential yet."""
BY_HAND = {"/api/v1/reports"}
UNDESCRIBED = {
    "/api/v1/openapi.json",
    "/api/v1/alertmanager",
    "/api/v1/channels/{channel}/zalo",
    "/api/v1/channels/{channel}/delivery",
    "/api/v1/channels/{channel}/reply",
}
"""The description itself; and where an Alertmanager, a gateway and a bot's platform call, each in its own words."""


@pytest.fixture(scope="module")
def description(collector: CollectorProcess) -> dict[str, Any]:
    with collector.client("read") as reader:
        found: dict[str, Any] = reader.get("/api/v1/openapi.json").json()
        return found


def paths(app: Any) -> Iterator[str]:
    """Of every route, also of routers that are included."""
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(path := getattr(route, "path", None), str):
            yield path
        elif inner := getattr(route, "original_router", None):
            waiting += inner.routes


def operations(description: dict[str, Any]) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(description)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation: Any = found.ok()
        if operation.path != ENDLESS:
            yield operation


def test_every_operation_answers_as_it_is_described(collector: CollectorProcess, description: dict[str, Any]) -> None:
    tokens = [collector.token(scope, *place) for scope, place in CREDENTIALS]
    told: list[str] = []
    for operation in operations(description):
        right = operation.as_strategy()
        wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=right | wrong, token=sampled_from(tokens))
        def ask(case: Any, token: str) -> None:
            case.call_and_validate(
                base_url=collector.url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS, timeout=20
            )

        try:
            ask()
        except (Exception, FailureGroup) as error:  # noqa: BLE001  # every operation is to be heard
            told.append(f"{operation.method.upper()} {operation.path}: {error}"[:1500])
    assert not told, "\n\n".join(told)


def test_every_route_of_the_api_is_described(collector: CollectorProcess, description: dict[str, Any]) -> None:
    app = create_app(CollectorSettings(data_dir=str(collector.data)))
    there = {re.sub(r":\w+}", "}", path) for path in paths(app.fastapi) if path.startswith("/api/")}

    assert there - UNDESCRIBED == description["paths"].keys() - BY_HAND
    assert description["paths"].keys() >= BY_HAND
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            said = operation["responses"].keys()
            assert {"401", "403"} <= said or (path in FOR_ANYBODY and "401" not in said), (method, path)
