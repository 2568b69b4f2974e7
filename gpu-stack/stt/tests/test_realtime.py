"""The WebSocket, through OpenAI's own client and bare."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
import websockets
from conftest import wait_until_ready
from numpy.typing import NDArray
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from sidetone_common.testing.serving import serving
from sidetone_stt.app import create_app
from sidetone_stt.audio import Resampler
from sidetone_stt.settings import Settings
from sidetone_stt.transcript import RATE, Audio

TURN = "conversation.item.input_audio_transcription"
KEY = {"Authorization": "Bearer k"}
Event = dict[str, object]


@pytest.fixture
async def connection(served: str, settings: Settings) -> AsyncIterator[AsyncRealtimeConnection]:
    client = AsyncOpenAI(base_url=f"{served}/v1", api_key="k", max_retries=0)
    async with client.realtime.connect(
        model=settings.model, extra_query={"intent": "transcription"}
    ) as connection:
        yield connection
    await client.close()


def pcm(audio: Audio) -> bytes:
    at_24k = Resampler(RATE, 24_000).push(audio)
    return (np.clip(at_24k, -1, 1) * 32767).astype("<i2").tobytes()


def packets(data: bytes, size: int) -> list[str]:
    return [base64.b64encode(data[start : start + size]).decode() for start in range(0, len(data), size)]


async def until(connection: AsyncRealtimeConnection, kind: str) -> list[Event]:
    """The events up to the first of that kind."""
    events = []
    async for event in connection:
        events.append(event.to_dict())
        if event.type in (kind, "error"):
            break
    return events


async def test_the_server_finds_turns_and_transcribes_them(
    connection: AsyncRealtimeConnection, settings: Settings, russian: Audio
) -> None:
    [created] = await until(connection, "session.created")
    assert created["session"]["type"] == "transcription"  # type: ignore[index] # JSON
    await connection.session.update(
        session={
            "type": "transcription",
            "audio": {
                "input": {
                    "transcription": {"model": settings.model, "language": "ru"},
                    "turn_detection": {"type": "server_vad", "silence_duration_ms": 1000},
                }
            },
        }
    )
    await until(connection, "session.updated")
    pause = np.zeros(2 * RATE, np.float32)
    for packet in packets(pcm(np.concatenate([pause, russian, pause, russian, pause])), 960):
        await connection.input_audio_buffer.append(audio=packet)
    first = await until(connection, f"{TURN}.completed")
    second = await until(connection, f"{TURN}.completed")
    events = first + second
    kinds = [event["type"] for event in events]
    assert "error" not in kinds
    started = [event for event in events if event["type"] == "input_audio_buffer.speech_started"]
    assert len(started) >= 2
    completed = [event for event in events if event["type"] == f"{TURN}.completed"]
    assert [event["item_id"] for event in completed] == [event["item_id"] for event in started[:2]]
    assert all(event["transcript"] for event in completed)
    committed = [event for event in events if event["type"] == "input_audio_buffer.committed"]
    assert committed[0]["previous_item_id"] is None
    assert committed[1]["previous_item_id"] == committed[0]["item_id"]


async def test_the_client_can_mark_turns_itself_and_speak_like_a_telephone(
    connection: AsyncRealtimeConnection, jfk: Audio
) -> None:
    await until(connection, "session.created")
    await connection.session.update(
        session={
            "type": "transcription",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "turn_detection": None,
                    "transcription": {"language": "en"},
                }
            },
        }
    )
    [updated] = await until(connection, "session.updated")
    settings = updated["session"]["audio"]["input"]  # type: ignore[index] # JSON
    assert settings["turn_detection"] is None
    assert settings["format"] == {"type": "audio/pcmu"}
    await connection.input_audio_buffer.commit()
    [nothing] = await until(connection, "error")
    assert nothing["error"]["code"] == "input_audio_buffer_commit_empty"  # type: ignore[index] # JSON
    for packet in packets(mu_law(jfk), 160):
        await connection.input_audio_buffer.append(audio=packet)
    await connection.input_audio_buffer.commit()
    committed, completed = await until(connection, f"{TURN}.completed")
    assert committed["item_id"] == completed["item_id"]
    assert completed["transcript"]
    assert completed["usage"]["seconds"] == pytest.approx(len(jfk) / RATE, abs=0.1)  # type: ignore[index]
    await connection.input_audio_buffer.append(audio=packets(mu_law(jfk), 1600)[0])
    await connection.input_audio_buffer.clear()
    await until(connection, "input_audio_buffer.cleared")
    await connection.input_audio_buffer.commit()
    assert (await until(connection, "error"))[0]["type"] == "error"


def mu_law(audio: Audio) -> bytes:
    """G.711, by its formula."""
    at_8k = np.clip(Resampler(RATE, 8000).push(audio), -1, 1)
    level = np.log1p(255 * np.abs(at_8k)) / np.log(256) * 127
    codes: NDArray[np.uint8] = (np.where(at_8k < 0, 0x7F, 0xFF) - np.round(level)).astype(np.uint8)
    return codes.tobytes()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_event"),
        (b"\x00\x01", "invalid_event"),
        ({"type": "response.create"}, "invalid_event"),
        ({"type": "input_audio_buffer.append", "audio": "A" * 2_000_000}, "invalid_audio"),
        ({"type": "input_audio_buffer.append", "audio": "%%%"}, "invalid_audio"),
        ({"type": "session.update", "session": {"type": "realtime"}}, "invalid_event"),
        (
            {
                "type": "session.update",
                "session": {
                    "type": "transcription",
                    "audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}},
                },
            },
            "invalid_event",
        ),
        (
            {
                "type": "session.update",
                "event_id": "mine",
                "session": {
                    "type": "transcription",
                    "audio": {"input": {"transcription": {"language": "klingon"}}},
                },
            },
            "invalid_language",
        ),
    ],
)
async def test_a_wrong_event_is_answered_and_the_session_goes_on(
    served: str, message: object, code: str
) -> None:
    url = served.replace("http", "ws", 1) + "/v1/realtime"
    async with websockets.connect(url, additional_headers=KEY) as socket:
        await socket.recv()
        await socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
        answer = json.loads(await socket.recv())
        assert answer["type"] == "error"
        assert answer["error"]["code"] == code
        if isinstance(message, dict) and "event_id" in message:
            assert answer["error"]["event_id"] == "mine"
        await socket.send(json.dumps({"type": "input_audio_buffer.clear"}))
        assert json.loads(await socket.recv())["type"] == "input_audio_buffer.cleared"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/realtime", {}, 401),
        ("/v1/realtime?model=other", KEY, 404),
    ],
)
async def test_strangers_and_unknown_models_are_refused_with_a_status(
    served: str, path: str, headers: dict[str, str], status: int
) -> None:
    url = served.replace("http", "ws", 1) + path
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(url, additional_headers=headers)
    assert refused.value.response.status_code == status
    assert "error" in json.loads(refused.value.response.body or b"")


async def test_a_turn_without_end_is_cut(settings: Settings, jfk: Audio) -> None:

    with serving(create_app(replace(settings, max_turn_s=2, max_sessions=1))) as url:
        await asyncio.to_thread(wait_until_ready, url)
        address = url.replace("http", "ws", 1) + "/v1/realtime"
        async with websockets.connect(address, additional_headers=KEY) as socket:
            with pytest.raises(websockets.InvalidStatus) as full:
                await websockets.connect(address, additional_headers=KEY)
            assert full.value.response.status_code == 429
            session = {"type": "transcription", "audio": {"input": {"turn_detection": None}}}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            for packet in packets(pcm(jfk), 4800):
                await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": packet}))
            kinds = [json.loads(await socket.recv())["type"] for _ in range(4)]
            assert kinds.count("input_audio_buffer.committed") >= 1
