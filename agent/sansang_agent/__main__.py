"""``python -m sansang_agent`` is the ``sansang`` command."""

from .cli import main

main()
