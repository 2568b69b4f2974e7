"""Errors as OpenAI's API words them, so that its official clients understand them."""

import math
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sidetone_common import logs

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}

log = logs.get("errors")


class ApiError(Exception):
    """What a request is refused with.

    status: HTTP status. code: a word for machines, such as "queue_full". message: for a person. param: the
    field at fault. retry_after_s: when another attempt makes sense, in seconds.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, dict[str, str | None]]:
        """The JSON that OpenAI's API would answer; also the payload of an `error` event in a stream."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after_s)))
        return JSONResponse(self.body(), self.status, headers)


def install(app: FastAPI) -> None:
    """Makes every error of the application answer in that shape, also invalid requests and crashes."""

    @app.exception_handler(ApiError)
    async def refused(_: Request, error: ApiError) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        param = ".".join(str(part) for part in first["loc"][1:])
        said = f"{param}: {first['msg']}" if param else str(first["msg"])
        return ApiError(400, "invalid_value", said, param=param or None).response()

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        where = f"{request.method} {request.url.path}"
        code = HTTPStatus(error.status_code).name.lower()
        return ApiError(error.status_code, code, f"{where}: {error.detail}").response()

    @app.exception_handler(Exception)
    async def crashed(request: Request, error: Exception) -> JSONResponse:
        log.error("request.crashed", path=request.url.path, error=error)
        what = "the service failed; its log says why (event request.crashed)"
        return ApiError(500, "internal_error", what).response()
