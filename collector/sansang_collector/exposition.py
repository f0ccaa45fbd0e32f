"""/metrics: the list of metrics.py filled with what is true now.

A silent agent's and a stale check's series vanish instead of repeating the past. What is said of agents is joined from
pieces kept rendered; prometheus_client writes all the rest and every header.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector as Source

from .access import Principal, require
from .agent_pieces import Pieces
from .metrics import AGENT_FAMILIES, OTHER_FAMILIES, Family
from .running import Collector
from .samples import samples

router = APIRouter(include_in_schema=False)

_Metric = GaugeMetricFamily | CounterMetricFamily
_Encode = Callable[[Source], bytes]
_END = b"# EOF\n"


class Written(NamedTuple):
    """An exposition and the content type it was written in."""

    text: bytes
    content_type: str


class Exposition(Source):
    """Fills the families that are not of agents at every scrape, and joins those that are in front of them.

    One registry per application, never the global one.
    """

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._pieces = Pieces()
        self._bringing_up = threading.Lock()
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def collect(self) -> Iterable[_Metric]:
        """Every family that is not of agents and has a sample, in the order of the list."""
        found = {family.name: _empty(family) for family in OTHER_FAMILIES}
        for sample in samples(self._collector, self._pieces.standings):
            found[sample.name].add_metric(sample.labels, sample.value)
        return [metric for metric in found.values() if metric.samples]

    def write(self, accept: str) -> Written:
        """The exposition in the format the scraper asks for by its ``Accept`` header."""
        encode, content_type = choose_encoder(accept)
        with self._bringing_up, self._collector.store.read() as connection:
            pieces = self._pieces.bring_up(connection, self._collector.present(), self._collector.wanted)
        return Written(b"".join((*_of_agents(encode, pieces), encode(self.registry))), content_type)


class _Nothing(Source):
    """A family without a sample: what an encoder writes of it is its header."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterable[_Metric]:
        return [_empty(self._family)]


def _of_agents(encode: _Encode, pieces: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    for family, lines in zip(AGENT_FAMILIES, zip(*pieces, strict=True), strict=False):
        if any(lines):
            yield encode(_Nothing(family)).removesuffix(_END)
            yield from lines


def _empty(family: Family) -> _Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    return kind(family.name, family.help, labels=family.labels)


@router.get("/metrics")
def metrics(request: Request, _who: Annotated[Principal, Depends(require("metrics"))]) -> Response:
    """The exposition in the format the scraper asks for; not on the event loop, which it would hold up."""
    text, content_type = request.app.state.exposition.write(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": content_type})
