"""What the server answers.

A route that uses the database is a plain function: FastAPI runs it in a thread, which may wait while another connection writes.
"""

import asyncio
import logging
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backfill import Backfill
from database import opener
from facilitators import Created, UnknownUser, Wish, create_facilitator
from markers import MarkerAuditor
from volume import volume_of

log = logging.getLogger(__name__)


def application(path: str) -> FastAPI:
    """The server for the database at this path."""
    open_database = opener(path)
    backfill = Backfill(open_database)
    auditor = MarkerAuditor(open_database)

    @asynccontextmanager
    async def run(_: FastAPI):
        # One connection stays open: whenever the last one closes, SQLite moves the whole WAL into the database.
        with closing(open_database()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            backfilling = asyncio.create_task(backfill.run())
            yield
            backfill.stop()
            await backfilling

    server = FastAPI(lifespan=run, openapi_url=None, redirect_slashes=False)
    _answer_errors(server)

    @server.get("/health")
    async def health():
        return {"status": "ok", "backfill": {"state": backfill.state, "remaining": backfill.remaining}}

    @server.get("/admin/markers")
    async def markers():
        return await auditor.audit()

    # An administrator picks the owner from the list of users: the id is exact. A subscription carries the owner in lower case, as
    # facilitators do, and the payment provider asks again until it is answered with success.
    @server.post("/admin/facilitators", status_code=201)
    @server.post("/webhooks/subscription", status_code=201)
    def create(wish: Wish) -> Created:
        with closing(open_database()) as connection:
            created = create_facilitator(connection, wish)
        if created.enrollment in ("ambiguous_user", "unreadable_date"):
            log.warning("facilitator %s of %s: %s, its volume does not count yet", created.id, wish.owner, created.enrollment)
        return created

    # An id may have a slash.
    @server.get("/rewards/{user:path}")
    def rewards(user: str):
        with closing(open_database()) as connection:
            # It can be more than a number of JSON holds.
            return {"user": user, "volume": str(volume_of(connection, user))}

    return server


def _answer_errors(server: FastAPI) -> None:
    def answer(status: int, error: str) -> JSONResponse:
        return JSONResponse({"error": error}, status)

    @server.exception_handler(UnknownUser)
    async def unknown_user(_: Request, error: UnknownUser):
        return answer(404, str(error))

    # JSON can hold half of a surrogate pair, and a database can't.
    @server.exception_handler(UnicodeEncodeError)
    @server.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: Exception):
        return answer(400, "owner, name and subdomain have to be text")

    @server.exception_handler(HTTPException)
    async def no_route(request: Request, _: HTTPException):
        return answer(404, f"there is no {request.method} {request.url.path}")

    # uvicorn logs it.
    @server.exception_handler(Exception)
    async def failure(_: Request, error: Exception):
        return answer(500, "try again")
