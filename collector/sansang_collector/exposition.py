"""/metrics and its shards: the list of metrics.py filled with what is true now.

A silent agent's and a stale check's series vanish instead of repeating the past. What is said of agents is joined from
pieces kept rendered; prometheus_client writes all the rest and every header.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector as Source

from .access import Principal, require
from .agent_lines import Lines
from .agent_pieces import Pieces
from .metrics import AGENT_FAMILIES, CHECK_FAMILIES, OTHER_FAMILIES, Family
from .rights import Right
from .running import Collector
from .samples import samples
from .sharding import is_sharded, shard_of

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
        """The exposition in the format the scraper asks for by its ``Accept`` header; of checks, if not in shards."""
        encode, content_type = choose_encoder(accept)
        pieces, sharded = self._bring_up()
        families = [not sharded or family not in CHECK_FAMILIES for family in AGENT_FAMILIES]
        lines = [lines for _, lines in pieces]
        return Written(b"".join((*_of_agents(encode, lines, families), encode(self.registry))), content_type)

    def write_shard(self, accept: str, shard: int) -> Written:
        """What is said of checks in the communes of one shard; nothing while the fleet is small."""
        encode, content_type = choose_encoder(accept)
        pieces, sharded = self._bring_up()
        shards = self._collector.settings.shards
        lines = [lines for commune, lines in pieces if sharded and shard_of(commune, shards) == shard]
        families = [family in CHECK_FAMILIES for family in AGENT_FAMILIES]
        return Written(b"".join((*_of_agents(encode, lines, families), encode(CollectorRegistry()))), content_type)

    def _bring_up(self) -> tuple[list[tuple[str, Lines]], bool]:
        with self._bringing_up, self._collector.store.read() as connection:
            pieces = self._pieces.bring_up(connection, self._collector.present(), self._collector.wanted)
            communes = [standing.commune for standing in self._pieces.standings]
            return list(zip(communes, pieces, strict=True)), is_sharded(connection)


class _Nothing(Source):
    """A family without a sample: what an encoder writes of it is its header."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterable[_Metric]:
        return [_empty(self._family)]


def _of_agents(encode: _Encode, pieces: Iterable[Lines], wanted: Iterable[bool]) -> Iterator[bytes]:
    for family, lines in compress(zip(AGENT_FAMILIES, zip(*pieces, strict=True), strict=False), wanted):
        if any(lines):
            yield encode(_Nothing(family)).removesuffix(_END)
            yield from lines


def _empty(family: Family) -> _Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    return kind(family.name, family.help, labels=family.labels)


@router.get("/metrics")
def metrics(request: Request, _who: Annotated[Principal, Depends(require(Right.METRICS))]) -> Response:
    """The exposition in the format the scraper asks for; not on the event loop, which it would hold up."""
    exposition: Exposition = request.app.state.exposition
    return _answer(exposition.write(request.headers.get("accept", "")))


@router.get("/metrics/probes/{shard}")
def probes(
    request: Request, shard: Annotated[int, Path(ge=0)], _who: Annotated[Principal, Depends(require(Right.METRICS))]
) -> Response:
    """The series of checks of one shard's communes, as /api/v1/sd lists them."""
    collector: Collector = request.app.state.collector
    if shard >= collector.settings.shards:
        raise HTTPException(404, f"there are {collector.settings.shards} shards, numbered from 0")
    exposition: Exposition = request.app.state.exposition
    return _answer(exposition.write_shard(request.headers.get("accept", ""), shard))


def _answer(written: Written) -> Response:
    return Response(written.text, headers={"Content-Type": written.content_type})
