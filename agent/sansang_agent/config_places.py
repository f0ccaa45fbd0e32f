"""Where a configuration and the agent's data may lie: the system's place first, then the user's.

One function each per operating system; the environment is handed in.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

if sys.platform == "win32":

    def config_files(environ: Mapping[str, str]) -> list[Path]:
        """Configuration files that apply, nearest first, whether they exist or not."""
        roots = (environ.get("PROGRAMDATA"), environ.get("APPDATA"))
        return [Path(root) / "sansang" / "agent.yml" for root in roots if root]

    def data_dirs(environ: Mapping[str, str]) -> list[Path]:
        """Folders for spool and status, best first; never empty."""
        import tempfile  # noqa: PLC0415  # a megabyte with all it draws in

        roots = (environ.get("PROGRAMDATA"), environ.get("LOCALAPPDATA"), tempfile.gettempdir())
        return [Path(root) / "sansang" for root in roots if root]

else:

    def config_files(environ: Mapping[str, str]) -> list[Path]:
        """Configuration files that apply, nearest first, whether they exist or not."""
        user = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return [Path("/etc/sansang/agent.yml"), Path(user) / "sansang" / "agent.yml"]

    def data_dirs(environ: Mapping[str, str]) -> list[Path]:
        """Folders for spool and status, best first; never empty."""
        user = environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return [Path("/var/lib/sansang"), Path(user) / "sansang"]
