"""What counts changes of tokens that exist: the engine itself, so that no way of ending one can forget to.

Whoever remembers a token asks for one number after each commit, in the place of every token anew.
"""

from .migrations import Rule

_SQLITE = "BEGIN UPDATE token_change SET count = count + 1; END"
_WHAT_COUNTS = "scope, digest, agent, revoked_at"
_FIRST = "INSERT INTO token_change (count) VALUES (0)"

COUNTED = Rule(
    sqlite=(
        _FIRST,
        f"CREATE TRIGGER token_changed AFTER UPDATE OF {_WHAT_COUNTS} ON token {_SQLITE}",
        f"CREATE TRIGGER token_deleted AFTER DELETE ON token {_SQLITE}",
    ),
    postgresql=(
        _FIRST,
        """CREATE FUNCTION count_token_change() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN UPDATE token_change SET count = count + 1; RETURN NULL; END $$""",
        f"""CREATE TRIGGER token_changed AFTER UPDATE OF {_WHAT_COUNTS} OR DELETE OR TRUNCATE ON token
            FOR EACH STATEMENT EXECUTE FUNCTION count_token_change()""",
    ),
)
"""A token that is made counts for nothing: nobody remembers that there is none."""
