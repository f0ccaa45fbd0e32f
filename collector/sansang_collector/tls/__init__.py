"""How the collector proves who it is: an authority of its own, or files; and how connections begin with it.

Nothing here knows what is asked over a connection; ``certificates`` is pure, the rest reads and writes files.
"""
