"""A report's six-character code as people type it: any case, spaces or dashes, and letters that look like digits.

Crockford's base 32 has no I, L, O or U, so a misread one can only mean 1, 1 or 0.
"""

_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_ALPHABET = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def normal(typed: str) -> str:
    """The code meant, or the empty text where ``typed`` cannot be one."""
    code = typed.strip().upper().translate(_READ_AS)
    return code if len(code) == 6 and _ALPHABET.issuperset(code) else ""
