"""The sansang agent: probes what a commune's service centre needs and reports it.

It runs on a commune PC without rights, keeps measuring without a line, and loads nothing heavy.
"""

from .contract.version import __version__

__all__ = ["__version__"]
