"""What ``sansang-alerts oncall`` can be asked."""

import argparse
from typing import Any

from sansang_agent.contract.words import catalogue


def add(commands: Any, placed: argparse.ArgumentParser, language: str) -> None:
    """Add it to ``commands``, what ``add_subparsers`` gave."""
    _ = catalogue("sansang_alerts", language).gettext
    oncall = commands.add_parser("oncall", parents=[placed], help=_("who is on call, and who stands in for whom"))
    oncall.add_argument("--team", default="", metavar="TEAM", help=_("this team only, by its id"))
    moment = _("at another moment, in Vietnam's time, for example '2026-11-26 08:00'")
    oncall.add_argument("--at", default="", metavar="MOMENT", help=moment)
    oncall.add_argument("--week", action="store_true", help=_("the coming seven days"))
    oncall.add_argument("--json", action="store_true", help=_("one JSON object per line"))
    actions = oncall.add_subparsers(dest="action", metavar=_("ACTION"))
    override = actions.add_parser("override", help=_("somebody takes another's place for a while"))
    deeds = override.add_subparsers(dest="deed", required=True, metavar=_("ACTION"))

    made = deeds.add_parser("add", parents=[placed], help=_("arrange it"))
    made.add_argument("team", metavar="TEAM", help=_("the team's id"))
    made.add_argument("person", metavar="PERSON", help=_("whoever takes the place, by id"))
    made.add_argument("--from", dest="begins", default="", metavar="MOMENT", help=_("from when on, if not from now on"))
    made.add_argument("--until", required=True, metavar="MOMENT", help=_("until when"))
    made.add_argument("--why", default="", metavar="TEXT", help=_("kept with it"))

    listed = deeds.add_parser("list", parents=[placed], help=_("what is arranged"))
    listed.add_argument("--all", action="store_true", help=_("what is over or cancelled as well"))

    ended = deeds.add_parser("cancel", parents=[placed], help=_("it does not hold any more"))
    ended.add_argument("number", type=int, metavar="NUMBER", help=_("its number, as list shows it"))
