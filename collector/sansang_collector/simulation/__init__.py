"""A simulated fleet: communes, their machines' days, faults and noise, spoken to a collector by the real protocol.

Pure cores decide what would be seen (world, days, faults, weather, noise, machine); driving and wire do the talking.
"""

LABEL = "Mô phỏng · Simulated"
"""Begins the label of every simulated profile, so that pages and the API show it wherever its results stand."""
