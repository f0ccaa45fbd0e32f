"""What alerts answer by HTTP: ``doors`` and ``server`` are for the collector too, the rest for ``serve`` alone."""
