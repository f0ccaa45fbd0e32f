"""Who is told, when and how: rota, escalation and channels.

A library for the collector, which hands in its ledger, and a program of its own (``sansang-alerts``) for anybody's
Alertmanager.
"""
