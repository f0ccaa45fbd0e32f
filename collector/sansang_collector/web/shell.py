"""The page around every page: templates, the language asked for, and what all of them need to know.

Templates get ``_`` and ``ngettext`` from the catalogue, ``say`` (:class:`~.phrases.Phrases`), ``now``, and
``may(Right.X)``: whether the viewer may do that anywhere, so that no page offers what would be refused. Every form that
is posted carries ``form_token`` as ``token``; ``next`` is where a login form leads.
"""

from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sansang_agent.contract.light import Light
from sansang_agent.contract.words import LANGUAGES, catalogue
from sansang_collector import access, cookies
from sansang_collector.access import Principal
from sansang_collector.inventory.model import Inventory
from sansang_collector.liveness import State
from sansang_collector.rights import Right
from sansang_collector.running import Collector

from . import language, static
from .phrases import Phrases
from .whereabouts import whereabouts


@cache
def _environment(tongue: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("sansang_collector.web"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    translations = catalogue("sansang_collector", tongue)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        asset=static.address,
        Light=Light,
        Right=Right,
        State=State,
        whereabouts_of=partial(whereabouts, Phrases(tongue)),
    )
    return environment


def phrases(request: Request) -> Phrases:
    """How the language of this request says things, and what the inventory in force calls communes."""
    return Phrases(language.language_of(request), collector_of(request).inventory.places)


def collector_of(request: Request) -> Collector:
    """The running collector this application shows."""
    collector = request.app.state.collector
    assert isinstance(collector, Collector)
    return collector


def viewer_of(request: Request) -> Principal:
    """Whoever the page is for; somebody without any right where it is for nobody known."""
    known = getattr(request.state, "who", None)
    return known if isinstance(known, Principal) else access.reader(request) or Principal()


def inventory_of(request: Request) -> Inventory | None:
    """The inventory in force, if any was ever applied."""
    version = collector_of(request).inventory.version
    return version.inventory if version else None


def within(offset: int, size: int, total: int) -> int:
    """Where a page of a list begins: asked for beyond the end, as when rows have gone meanwhile, the last one."""
    return offset if offset < total else max(total - 1, 0) // size * size


def page(request: Request, template: str, **context: Any) -> HTMLResponse:
    """Render ``template`` in the language of ``request``."""
    tongue = language.language_of(request)
    viewer = viewer_of(request)
    context["may"] = lambda right: not viewer.communes(right).is_empty
    context["sees_all"] = viewer.may(Right.SEE_CENTRE)
    context["has_wall"] = viewer.communes(Right.SEE_CENTRE).only is None or context["may"](Right.SEE_FLEET)
    signed_in = _is_signed_in(request, viewer)
    secret = cookies.acting(request) or cookies.reading(request)
    context["viewer"], context["signed_in"] = viewer, signed_in
    context["form_token"] = cookies.form_token(secret) if secret else ""
    condition = collector_of(request).diagnosis.condition
    context["cut_off_since"] = condition.cut_off_since if context["may"](Right.SEE_CENTRE) else None
    context["tells"] = collector_of(request).alerts is not None
    context.setdefault("now", collector_of(request).now())
    context.setdefault("code", "")
    context.setdefault("change", None)
    context.setdefault("calm", False)
    text = (
        _environment(tongue)
        .get_template(template)
        .render(context, say=phrases(request), language=tongue, languages=_choices(request, tongue))
    )
    response = HTMLResponse(text)
    if signed_in or "next" in context:
        # Its forms say where they come from; to other sites still nothing is said.
        response.headers["Referrer-Policy"] = "same-origin"
    language.remember(request, response)
    return response


def _is_signed_in(request: Request, viewer: Principal) -> bool:
    """Whether it is a session that is known, which can be left."""
    return viewer != Principal() and not request.headers.get("authorization")


def _choices(request: Request, tongue: str) -> list[tuple[str, str]]:
    return [(other, f"?{request.url.include_query_params(lang=other).query}") for other in LANGUAGES if other != tongue]
