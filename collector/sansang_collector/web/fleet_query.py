"""What a request asks of the fleet's list, and the rows that answer it: for the page, the spreadsheet and the API.

Addresses say it as ``?q=khanh khe&state=silent&sort=-contact``; ``-`` turns an order round.
"""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import Query, Request

from sansang_agent.contract.assignment import Role
from sansang_collector import fleet
from sansang_collector.fleet import Config, Filter, Machine, Order, Row, Standing, Wanted
from sansang_collector.gazetteer import Gazetteer
from sansang_collector.liveness import State
from sansang_collector.rights import Communes
from sansang_collector.view import FleetView

from . import shell

Text = Annotated[
    str, Query(max_length=100, description="Part of a commune's or machine's name, with or without marks.")
]
Sort = Annotated[
    str, Query(pattern=f"^-?({'|'.join(Order)})$", description="A column; with ``-`` the other way round.")
]


class Asked(NamedTuple):
    """Which machines, in which order."""

    filter: Filter
    order: Order
    descending: bool

    def query(self, **other: object) -> str:
        """The address's query for the same list but for ``other``; what is empty is left out."""
        said = self.filter._asdict()
        said["q"] = said.pop("text")
        said["sort"] = (
            ("-" if self.descending else "") + self.order if self.order != Order.STATE or self.descending else ""
        )
        return "?" + urlencode({name: value for name, value in (said | other).items() if value})

    def turned(self, order: Order) -> str:
        """The same list by another order; by the same order, the other way round."""
        back = self.order == order and not self.descending
        return self.query(sort=("-" if back else "") + order)


def asked(  # noqa: PLR0917  # an address has no order; FastAPI hands them in by name
    q: Text = "",
    state: State | Literal[""] = "",
    role: Role | Literal[""] = "",
    version: Annotated[str, Query(max_length=64)] = "",
    place: Annotated[str, Query(max_length=200, description="A commune's code or a former district.")] = "",
    config: Config | Literal[""] = "",
    sort: Sort = Order.STATE,
) -> Asked:
    """The question in an address; a FastAPI dependency."""
    order = Order(sort.removeprefix("-"))
    return Asked(Filter(q, state, role, version, place, config), order, sort.startswith("-"))


class Found(NamedTuple):
    """The fleet of some communes as it stands, and which of it was asked for."""

    standing: Standing
    chosen: list[Row]
    places: Gazetteer
    wanted: Wanted
    refused_at: Callable[[int], float | None]
    """When an agent was last turned away."""

    @property
    def at(self) -> float:
        """The moment all of it is said of, Unix seconds."""
        return self.standing.present.at

    def view(self, row: Row) -> FleetView:
        """A row as it is shown."""
        return _view(row.machine, row, self)


def find(request: Request, asked: Asked, of: Communes) -> Found:
    """Answer the question from the roster: of machines in these communes, as if there were no others."""
    collector = shell.collector_of(request)
    places = collector.inventory.gazetteer
    wanted = collector.roster.wanted
    standing = fleet.within(collector.roster.standing(collector.store, collector.present()), of, wanted)
    chosen = fleet.chosen(standing.rows, asked.filter, places, wanted)
    in_order = fleet.ordered(chosen, asked.order, asked.descending, places, wanted)
    return Found(standing, in_order, places, wanted, collector.tokens.knocked_at)


def _view(machine: Machine, row: Row, found: Found) -> FleetView:
    place = found.places.get(machine.commune)
    return FleetView(
        id=machine.id,
        commune=machine.commune,
        commune_name=place.name,
        district=place.district,
        name=machine.name,
        role=machine.role,
        state=row.liveness.state,
        state_since=row.liveness.since,
        why=row.liveness.why,
        back=row.liveness.back,
        last_contact=machine.contact,
        version=machine.version or "",
        clock_skew_s=machine.skew,
        spool_rows=machine.spool_rows,
        spool_oldest=machine.spool_oldest,
        config=fleet.config_of(machine, found.wanted),
        dropped=machine.dropped or 0,
        still_reports=fleet.still_reports(row, found.standing.present),
        refused_at=found.refused_at(machine.id),
    )
