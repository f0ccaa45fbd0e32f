"""What the audit's short words for deeds are called, in the language of whoever reads. Pure."""

from collections.abc import Callable


def deed(what: str, _: Callable[[str], str]) -> str:
    """A deed's name; a word nobody here knows, as a later program may write, stays as it is."""
    return names(_).get(what, what)


def names(_: Callable[[str], str]) -> dict[str, str]:
    """What each word is called; audit.What says which words there are."""
    return {
        "acknowledge": _("incident acknowledged"),
        "answer": _("machine answered"),
        "answer ignored": _("machine's answer not taken"),
        "apply": _("inventory applied"),
        "approve": _("waiting machine approved"),
        "ask": _("machine asked to check"),
        "assign": _("incident assigned"),
        "enrol": _("machine let in"),
        "grant": _("role given"),
        "join-code": _("join code made"),
        "link": _("one-time link made"),
        "login": _("logged in"),
        "login_failed": _("login failed"),
        "logout": _("logged out"),
        "maintenance": _("planned work announced"),
        "maintenance_cancel": _("planned work cancelled"),
        "maintenance_end": _("planned work ended early"),
        "merge": _("incident merged into another"),
        "note": _("note on an incident"),
        "pair": _("code for a Zalo chat made"),
        "password": _("password changed"),
        "person_add": _("account made"),
        "person_disable": _("account disabled"),
        "person_enable": _("account enabled again"),
        "quarantine": _("machine quarantined"),
        "refuse": _("waiting machine refused"),
        "reload": _("settings read again"),
        "renew": _("new tokens asked for"),
        "resolve": _("incident resolved by hand"),
        "retire": _("machine retired"),
        "revoke": _("tokens revoked"),
        "revoke-code": _("join code withdrawn"),
        "role": _("machine's role changed"),
        "settle_doubt": _("doubt of the inventory settled"),
        "split": _("communes split out of an incident"),
        "token": _("token made"),
        "unmerge": _("incident's merge taken back"),
        "unretire": _("machine taken back into use"),
        "withdraw": _("role withdrawn"),
    }
