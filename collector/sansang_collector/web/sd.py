"""Where a Prometheus finds what to scrape (its http_sd): this collector and, with a large fleet, every shard of it."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from sansang_collector import sharding
from sansang_collector.access import Principal, require
from sansang_collector.rights import Right

from . import shell
from .schemas import described, refusal

router = APIRouter(prefix="/api/v1", default_response_class=Response)


class TargetGroup(msgspec.Struct, frozen=True):
    """One scrape, as Prometheus' http_sd wants it."""

    targets: tuple[str, ...]
    labels: dict[str, str]


@router.get(
    "/sd",
    summary="What to scrape, for Prometheus' http_sd",
    tags=["metrics"],
    responses=described({"type": "array", "items": {"type": "object"}})
    | refusal(401, "No valid token.")
    | refusal(403, "The credential does not open this."),
)
def discover(request: Request, _who: Annotated[Principal, Depends(require(Right.METRICS))]) -> Response:
    """The collector by the address it was asked at; its shards are told apart by the label ``shard``."""
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        shards = collector.settings.shards if sharding.is_sharded(connection) else 0
    found = [_group(request, "/metrics")]
    found += [_group(request, sharding.path_of(n), shard=str(n)) for n in range(shards)]
    return Response(msgspec.json.encode(found), media_type="application/json")


def _group(request: Request, path: str, **labels: str) -> TargetGroup:
    scheme = {"__scheme__": "https"} if request.url.scheme == "https" else {}
    return TargetGroup((request.url.netloc,), {"__metrics_path__": path, **scheme, **labels})
