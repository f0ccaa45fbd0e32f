"""The inventory: what a province has, as files people keep, as versions in the ledger, and what cannot be told apart.

What judges it is pure; ``folder``, ``starting`` and ``taking_in`` touch files, ``versions`` the ledger.
"""
