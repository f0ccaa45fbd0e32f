"""What the audit's short words for deeds are called, in the language of whoever reads. Pure."""

from collections.abc import Callable


def deed(what: str, _: Callable[[str], str]) -> str:
    """A deed's name; a word nobody here knows, as a later program may write, stays as it is."""
    return _names(_).get(what, what)


def _names(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "apply": _("inventory applied"),
        "ask": _("machine asked to check"),
        "enrol": _("machine let in"),
        "link": _("one-time link made"),
        "login": _("logged in"),
        "reload": _("settings read again"),
        "retire": _("machine retired"),
        "revoke": _("tokens revoked"),
        "role": _("machine's role changed"),
        "token": _("token made"),
        "unretire": _("machine taken back into use"),
    }
