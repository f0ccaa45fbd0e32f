"""Which machines are known, by commune: agents of the ledger, and those an inventory says stand at counters."""

from sqlalchemy import Connection, select

from sansang_collector.agents import AGENT

from .model import Inventory


def known_machines(connection: Connection, inventory: Inventory) -> dict[str, list[str]]:
    """Names by commune, each once, in alphabetical order."""
    found: dict[str, set[str]] = {one.code: set(one.counter_agents) for one in inventory.communes}
    for row in connection.execute(select(AGENT.c.commune, AGENT.c.name)):
        found.setdefault(row.commune, set()).add(row.name)
    return {commune: sorted(names) for commune, names in found.items()}
