"""``python -m sansang_alerts``."""

import sys

from .cli import main

sys.exit(main())
