"""How ``POST /api/v1/reports`` stands in the OpenAPI description: by hand, because it does not pass through FastAPI."""

from typing import Any

import msgspec

from sansang_agent.contract.report import Answer, Envelope, Problem, Report
from sansang_collector.ingest import PATH

_REFUSALS = {
    400: "A malformed body, or an envelope that is wrong as a whole; wrong records alone are in the answer's refused.",
    401: "No valid token.",
    403: "A token that is no agent's.",
    405: "Not a POST.",
    408: "A body that did not arrive in time.",
    411: "Neither a length nor chunks.",
    413: "More than 1 MiB compressed, 8 MiB inflated or 1,000 reports.",
    415: "An encoding that is neither gzip nor identity.",
    503: "Reports cannot be taken just now; Retry-After says when.",
}


def complete(description: dict[str, Any]) -> None:
    """Add the path and what it refers to."""
    (envelope, answer, problem, report), schemas = msgspec.json.schema_components(
        (Envelope, Answer, Problem, Report), ref_template="#/components/schemas/{name}"
    )
    schemas["Envelope"]["properties"]["reports"]["items"] = report  # raw there, judged one by one
    description.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
    refusals = {
        str(status): {"description": said, "content": {"application/problem+json": {"schema": problem}}}
        for status, said in _REFUSALS.items()
    }
    description["paths"][PATH] = {
        "post": {
            "tags": ["reports"],
            "summary": "Send reports",
            "description": "An agent's own; gzip is accepted. Stored means durably, perhaps again.",
            "operationId": "send_reports",
            "requestBody": {"required": True, "content": {"application/json": {"schema": envelope}}},
            "responses": {
                "200": {
                    "description": "What is stored, what refused.",
                    "content": {"application/json": {"schema": answer}},
                }
            }
            | refusals,
        }
    }
