"""What ``make run`` may be told, and what is said of what cannot be."""

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    """The launcher's options; ``make run`` passes PORT=, COMMUNE=, PROVINCE=, SANDBOX=1 and DEMO=1."""
    parser = argparse.ArgumentParser(description="Start a collector and an agent for this machine.")
    parser.add_argument("--port", type=port, default=9640)
    parser.add_argument("--commune", type=commune, default="00000")
    parser.add_argument("--sandbox", action="store_true")
    parser.add_argument("--province", default="")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--data", type=Path, default=ROOT / ".run")
    return parser.parse_args()


def port(text: str) -> int:
    """A TCP port as PORT= names it."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("PORT= là số từ 1 đến 65535 · PORT= takes a number from 1 to 65535")
    return int(text)


def commune(text: str) -> str:
    """A commune's code as COMMUNE= names it."""
    if not (text.isascii() and text.isdecimal() and len(text) == 5):
        raise argparse.ArgumentTypeError("COMMUNE= gồm năm chữ số · COMMUNE= takes the five digits of a code")
    return text
