"""Root becomes whom a folder belongs to, before it writes there for a service that runs as somebody else.

Written as root, files would be closed to the service; and a link in a folder of others would lead root anywhere.
"""

import os
import sys
from pathlib import Path


def become_owner_of(folder: Path) -> None:
    """Give up root's rights for good where ``folder`` is there and somebody else's; raises OSError."""
    if sys.platform != "win32" and os.geteuid() == 0 and folder.exists():
        owner = folder.stat()
        if owner.st_uid != 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)
