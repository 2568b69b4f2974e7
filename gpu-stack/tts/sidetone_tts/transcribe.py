"""The words of a recording, from an OpenAI-shaped speech recognition service."""

import httpx

_TIMEOUT_S = 30.0


class NotTranscribed(Exception):
    """Why a recording has no words, and what to do."""


async def transcribe(wav: bytes, *, url: str, model: str, api_key: str | None) -> str:
    """url: up to and including /v1. @raises NotTranscribed"""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    form = {"model": model, "response_format": "json"}
    try:
        # trust_env: a proxy of the environment does not know the services of the stack.
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            answer = await client.post(
                f"{url.rstrip('/')}/audio/transcriptions",
                headers=headers,
                data=form,
                files={"file": ("voice.wav", wav, "audio/wav")},
            )
        answer.raise_for_status()
        text = answer.json()["text"]
    except httpx.HTTPStatusError as error:
        raise NotTranscribed(
            f"{url} answered {error.response.status_code}: {error.response.text[:200]}"
        ) from error
    except httpx.HTTPError as error:
        raise NotTranscribed(f"{url} cannot be reached ({error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotTranscribed(f"{url} sent something else than a transcription") from error
    if not isinstance(text, str) or not text.strip():
        raise NotTranscribed("no words were recognised in it")
    return text.strip()
