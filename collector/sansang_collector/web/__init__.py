"""The collector's pages, JSON API and event stream: everything a person or a program reads, and the
few things they change.

One call hangs all of it on the application; nothing here measures or decides.
"""

from fastapi import FastAPI

from sansang_alerts.web import doors, runbooks

from . import (
    account,
    agent_admin,
    alerts,
    api,
    ask_form,
    assigned,
    audit,
    enrol,
    explanation,
    finding,
    fleet,
    fleet_api,
    fleet_deeds,
    handing_over,
    headers,
    history,
    incidents,
    incidents_api,
    join,
    login,
    maintenance,
    maintenance_api,
    pages,
    pairing,
    people,
    people_api,
    problems,
    requests,
    schemas,
    sd,
    static,
    stream,
    topology_api,
    unauthenticated,
    waiting_api,
    waiting_deeds,
    wall,
)


def include(app: FastAPI) -> None:
    """Add pages, API, stream, static files, error documents and security headers to ``app``.

    ``app.state.collector`` must be a :class:`sansang_collector.running.Collector` before the first request.
    """
    for router in (wall.router, pages.router, finding.router, fleet.router, fleet_deeds.router):
        app.include_router(router)
    for router in (api.router, fleet_api.router):
        app.include_router(router)
    for router in (enrol.router, waiting_api.router, join.router, waiting_deeds.router):
        app.include_router(router)
    app.include_router(assigned.router)
    app.include_router(ask_form.router)
    app.include_router(agent_admin.router)
    app.include_router(audit.router)
    app.include_router(history.router)
    for router in (login.router, account.router, people.router, people_api.router):
        app.include_router(router)
    app.include_router(requests.router)
    for router in (incidents.router, incidents_api.router, maintenance.router, maintenance_api.router):
        app.include_router(router)
    app.include_router(explanation.router)
    for router in (alerts.router, alerts.pages, handing_over.router, pairing.router):
        app.include_router(router)
    for router in (doors.router(alerts.doors_of), runbooks.router):
        app.include_router(router)
    app.include_router(topology_api.router)
    app.include_router(sd.router)
    app.include_router(stream.router)
    static.mount(app)
    problems.handle(app)
    unauthenticated.handle(app)
    schemas.complete(app)
    app.add_middleware(headers.SecurityHeaders)
