"""Incidents as the ledger keeps them."""
