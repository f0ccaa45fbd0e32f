"""Secrets that alerts make for themselves, once, in files that nobody else can read.

The data folder holds them: the key of acknowledgement links, the token of the webhook, the key of the on-call page.
"""

import secrets
from pathlib import Path

from sansang_agent.contract import secret_file, whole_file

SHORTEST = 32
"""Characters; what is made here has 43."""


def kept(path: Path) -> str:
    """The secret in ``path``, made there if there is none yet; raises SecretError and OSError."""
    if not path.exists():
        whole_file.make(path, f"{secrets.token_urlsafe(32)}\n".encode("ascii"))
    return secret_file.read(path, SHORTEST)
