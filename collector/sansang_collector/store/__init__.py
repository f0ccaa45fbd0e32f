"""The log's and the ledger's databases: how they are opened, migrated, read and written.

Only this package asks for database engines (``sansang_alerts.engines`` makes them); each domain module declares its own
tables on :data:`LEDGER`.
"""

from .ledger import LEDGER, Store

__all__ = ["LEDGER", "Store"]
