"""The one version of the whole distribution: agent, collector and alerts are released together."""

__version__ = "0.1.0"
