"""Incidents as the ledger keeps them: rows and their story, what people do with them, planned work, situations, words.

What an incident is and how it goes on is decided in ``diagnosis``; here it is kept, told and explained.
"""
