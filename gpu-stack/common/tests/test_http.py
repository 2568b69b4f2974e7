"""Errors, key, limits and metrics, through one application."""

from typing import Annotated

import pytest
from fastapi import FastAPI, Form, Request, WebSocket
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from pydantic import Field
from starlette.testclient import WebSocketDenialResponse

from sidetone_common import auth, errors, metrics, uploads

KEY = {"Authorization": "Bearer k"}


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()

    @app.get("/health")
    async def health() -> str:
        return "alive"

    @app.get("/busy")
    async def busy() -> None:
        raise errors.ApiError(429, "queue_full", "8 requests wait already", retry_after_s=0.2)

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("what a caller said")

    @app.post("/form")
    async def form(speed: Annotated[float, Form(), Field(le=4)]) -> float:
        return speed

    @app.post("/bytes/{name}")
    async def size(name: str, request: Request) -> int:
        return len(await request.body())

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        offered: list[str] = socket.scope["subprotocols"]
        await socket.accept(subprotocol=offered[0] if offered else None)
        await socket.send_text("hello")
        await socket.close()

    errors.install(app)
    uploads.limit_bodies(app, 1000)
    auth.require_key(app, "k")
    metrics.install(app, CollectorRegistry())
    return TestClient(app, raise_server_exceptions=False)


def test_a_refusal_is_shaped_like_openais(client: TestClient) -> None:
    answer = client.get("/busy", headers=KEY)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {
        "error": {
            "message": "8 requests wait already",
            "type": "rate_limit_error",
            "param": None,
            "code": "queue_full",
        }
    }


def test_invalid_fields_are_named(client: TestClient) -> None:
    answer = client.post("/form", data={"speed": "5"}, headers=KEY)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == "speed"
    assert error["type"] == "invalid_request_error"
    assert "less than or equal to 4" in error["message"]


def test_unknown_paths_and_methods(client: TestClient) -> None:
    answer = client.get("/nothing", headers=KEY)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "GET /nothing: Not Found")
    answer = client.get("/form", headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_crash_tells_nothing_to_the_client(client: TestClient) -> None:
    answer = client.get("/broken", headers=KEY)
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert "caller" not in answer.text


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer no"}, {"Authorization": "Basic k"}, {"Authorization": "k"}]
)
def test_without_the_key_nobody_gets_in(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/form", data={"speed": "1"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/ws", headers=headers):
        pass
    assert denied.value.status_code == 401


def test_with_the_key_requests_and_websockets_get_in(client: TestClient) -> None:
    assert client.post("/form", data={"speed": "1"}, headers=KEY).json() == 1
    with client.websocket_connect("/ws", headers=KEY) as socket:
        assert socket.receive_text() == "hello"
    offered = ["realtime", "openai-insecure-api-key.k"]
    with client.websocket_connect("/ws", subprotocols=offered) as socket:
        assert socket.receive_text() == "hello"


def test_probes_need_no_key_and_no_key_admits_all(client: TestClient) -> None:
    assert client.get("/health").status_code == 200
    assert client.get("/metrics").status_code == 200
    app = FastAPI()
    auth.require_key(app, "")
    assert TestClient(app).get("/").status_code == 404


def test_large_bodies_are_refused_with_and_without_a_length(client: TestClient) -> None:
    assert client.post("/bytes/a", content=bytes(1000), headers=KEY).json() == 1000
    assert client.post("/bytes/a", content=bytes(1001), headers=KEY).status_code == 413
    answer = client.post("/bytes/a", content=iter([bytes(600), bytes(600)]), headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_entity_too_large")


def test_requests_are_counted_by_route_not_by_path(client: TestClient) -> None:
    for name in ("a", "b"):
        client.post(f"/bytes/{name}", content=b"x", headers=KEY)
    client.get("/nobody/asks/this", headers=KEY)
    text = client.get("/metrics").text
    assert 'http_requests_total{route="/bytes/{name}",status="200"} 2.0' in text
    assert 'http_requests_total{route="other",status="404"} 1.0' in text
    assert 'http_first_byte_seconds_count{route="/bytes/{name}"} 2.0' in text
