"""/fleet/join: makes join codes, shows each once to be read out or printed, and lists and withdraws those that hold."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.assignment import Role
from sansang_collector import join_codes, join_places, qr
from sansang_collector.access import Principal, require_form
from sansang_collector.join_codes import DAY, LONGEST_LIFE_S, MOST_USES, Wanted
from sansang_collector.rights import Right

from . import hosting, shell
from .fleet_words import FleetWords
from .sent import form_of
from .who import Enrols

router = APIRouter(include_in_schema=False)

EnrolsByForm = Annotated[Principal, Depends(require_form(Right.ENROL))]

MOST_BYTES = 4_096
PLACE = "/fleet/join"
LIVES_DAYS = (1, 7, 30, 90)


@router.get(PLACE)
def codes(
    request: Request,
    who: Enrols,
    commune: Annotated[str, Query(max_length=16)] = "",
    machine: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The form, filled with what the address says, and the codes that hold."""
    collector = shell.collector_of(request)
    mine = hosting.allowed(who)
    with collector.store.read() as connection:
        live = [code for code in join_codes.live(connection, collector.now()) if mine.has(code.commune)]
    asked = {"commune": commune, "machine": machine, "lives": LIVES_DAYS, "most_uses": MOST_USES}
    places = join_places.places(shell.inventory_of(request), mine)
    return _page(request, "join.html", live=live, places=places, may_act=not hosting.offered(request).is_empty, **asked)


@router.post(PLACE)
async def make(request: Request, who: EnrolsByForm) -> Response:
    """A new code, shown in this answer and never again; 422 for a form that none of our pages sends."""
    wanted = _wanted(await _form(request))
    # Called ``written`` in the template: what is called ``code`` stands in the search box, which would send it on.
    code = await hosting.make_code(request, who, wanted)
    url = _url(request)
    picture = Markup(qr.inline(qr.content(code.written(), url)))  # noqa: S704  # made here, of characters we chose
    until = shell.collector_of(request).now() + wanted.life_s
    return _page(request, "join_made.html", written=code.written(), url=url, qr=picture, wanted=wanted, until=until)


@router.post(f"{PLACE}/revoke")
async def revoke(request: Request, who: EnrolsByForm) -> Response:
    """Withdraw a code and go back to the list."""
    await hosting.revoke_code(request, who, (await _form(request)).get("id", ""))
    return RedirectResponse(PLACE, 303)


def _page(request: Request, template: str, **context: Any) -> Response:
    words = FleetWords(shell.phrases(request))
    roles = [role for role in Role if role is not Role.VANTAGE]
    response = shell.page(request, template, words=words, roles=roles, **context)
    # A form of this page says where it comes from; to other sites still nothing is said.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


async def _form(request: Request) -> dict[str, str]:
    found = await form_of(request, MOST_BYTES)
    return {name: values[0].strip() for name, values in found.items() if values[0].strip()}


def _wanted(form: dict[str, str]) -> Wanted:
    try:
        uses, days = int(form.get("uses", "1")), float(form.get("days", "7"))
        role = Role(form.get("role", Role.COUNTER))
    except ValueError:
        raise HTTPException(422, "the form says no number of uses or days, or no role") from None
    if not 1 <= uses <= MOST_USES or not 0 < days * DAY <= LONGEST_LIFE_S:
        raise HTTPException(
            422, f"a code is for 1 to {MOST_USES} machines, and for {LONGEST_LIFE_S / DAY:g} days at most"
        )
    return Wanted(form.get("commune", ""), role, uses, days * DAY, form.get("machine", ""))


def _url(request: Request) -> str:
    """How machines reach this collector: as its settings say, else as this page was reached."""
    return shell.collector_of(request).settings.public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"
