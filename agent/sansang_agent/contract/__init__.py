"""The only thing agent and collector share: words, checks, reports and how they are written.

Nothing here does I/O on a network or knows a clock; both sides import these modules directly.
"""
