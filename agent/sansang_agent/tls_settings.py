"""A client's TLS settings, each made once for the whole process: probes and the uplink share what they have in common.

One costs tens of milliseconds and, with the system's authorities, most of a megabyte.
"""

import ssl
from functools import lru_cache
from pathlib import Path


def client(ca_file: str, *, verify: bool = True) -> ssl.SSLContext:
    """Settings that trust the system's authorities, or those in ``ca_file`` only; raises OSError if it is unusable.

    A CA file that changed counts as another setting. Without ``verify`` nobody is trusted and anybody looked at.
    """
    changed = Path(ca_file).stat().st_mtime_ns if ca_file else 0
    return _made(ca_file, changed) if verify else _for_a_look()


def trusting(authorities: str) -> ssl.SSLContext:
    """Settings that trust these authorities (PEM) alone; raises OSError (ssl.SSLError is one) where there are none."""
    if not authorities or not authorities.isascii():  # by an empty text the system's would be meant
        raise ssl.SSLError("no certificate in PEM")
    return _as_browsers_have_it(ssl.create_default_context(cadata=authorities))


@lru_cache(maxsize=16)
def _made(ca_file: str, changed: int) -> ssl.SSLContext:
    del changed  # only part of the cache's key
    return _as_browsers_have_it(ssl.create_default_context(cafile=ca_file or None))


def _as_browsers_have_it(made: ssl.SSLContext) -> ssl.SSLContext:
    # from Python 3.13 on certificates that browsers accept would be refused for their form
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


@lru_cache(maxsize=1)
def _for_a_look() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
