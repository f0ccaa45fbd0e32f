"""What each machine is asked to probe: templates by role, filled from the inventory, timed within the fleet's budget.

All but the reading of the packaged templates is pure; assignments.py keeps the outcome beside the running collector.
"""
