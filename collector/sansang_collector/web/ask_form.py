"""The form of a machine's page that has it check something again now; what it may be asked is asking_again.py's."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.check import kind_of
from sansang_collector import access, agents, asking
from sansang_collector.access import Principal, require_form
from sansang_collector.asking import Wish
from sansang_collector.asking_words import AskError
from sansang_collector.rights import Right

from . import pages, shell
from .api import AgentId
from .asking_again import check_of
from .requests import MAX_BODY_BYTES, told
from .sent import form_of, said
from .who import must_see

router = APIRouter(include_in_schema=False)

Asks = Annotated[Principal, Depends(require_form(Right.ASK))]


@router.post("/agents/{agent_id}/ask")
async def ask(request: Request, agent_id: AgentId, who: Asks) -> Response:
    """Ask, and go back to the machine's page; or the page with why it is not asked (409, 422)."""
    form = await form_of(request, MAX_BODY_BYTES)
    name = said(form, "check")
    collector = shell.collector_of(request)
    now = collector.now()
    with collector.store.read() as connection:
        must_see(connection, who, agent_id, Right.ASK)
        machine = agents.place_of(connection, agent_id)
        check = check_of(connection, agent_id, name)
    if machine is None:
        raise HTTPException(404)
    if check is None:
        raise HTTPException(422, f"this machine has no check {name[:64]!r}")
    wish = Wish(commune=machine[0], agent=machine[1], kind=kind_of(check), target=check.target)
    try:
        await collector.store.write(lambda it: asking.ask_check(it, wish, check, access.named(it, who), now))
    except AskError as error:
        words = told(error, who).said(shell.phrases(request).translations.gettext)
        answer = pages.agent_page(request, who, agent_id, trouble=words)
        answer.status_code = 422 if error.refused.is_mistake else 409
        return answer
    return RedirectResponse(f"/agents/{agent_id}#again", 303)
