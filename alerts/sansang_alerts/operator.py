"""Whoever gives a command at this computer, for what is written down of their deeds."""

import getpass
import os


def operator() -> str:
    """The account's name, and the one behind ``sudo``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} (as {user})" if behind and behind != user else user
