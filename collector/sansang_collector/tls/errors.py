"""Why a certificate or a key cannot be used."""


class TlsError(Exception):
    """``str()`` is a sentence for whoever runs the collector: which file, what is wrong with it, how to go on."""
