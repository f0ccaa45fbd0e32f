"""``python -m sansang_collector``."""

import sys

from .cli import main

sys.exit(main())
