"""/metrics: the list of metrics.py filled with what is true now.

A silent agent's and a stale check's series vanish instead of repeating the past.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector as Source

from .access import Principal, require
from .metrics import FAMILIES, Family
from .running import Collector
from .samples import samples

router = APIRouter(include_in_schema=False)

_Metric = GaugeMetricFamily | CounterMetricFamily


class Exposition(Source):
    """Fills the families of the list at every scrape; one registry per application, never the global one."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def collect(self) -> Iterable[_Metric]:
        """Every family that has a sample, in the order of the list."""
        return list(self._filled())

    def _filled(self) -> Iterator[_Metric]:
        found = {family.name: _empty(family) for family in FAMILIES}
        for sample in samples(self._collector):
            found[sample.name].add_metric(sample.labels, sample.value)
        yield from (metric for metric in found.values() if metric.samples)


def _empty(family: Family) -> _Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    return kind(family.name, family.help, labels=family.labels)


@router.get("/metrics")
def metrics(request: Request, _who: Annotated[Principal, Depends(require("metrics"))]) -> Response:
    """The exposition in the format the scraper asks for."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.exposition.registry), headers={"Content-Type": content_type})
