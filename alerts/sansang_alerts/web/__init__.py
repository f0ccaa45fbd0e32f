"""What alerts answer by HTTP: ``doors`` is for the collector and ``serve`` alike, the rest for ``serve`` alone."""
