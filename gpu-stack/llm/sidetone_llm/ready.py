"""Whether the model answers: `GET /v1/models`, which vLLM serves once everything is loaded."""

import json
import os
import urllib.request
from collections.abc import Mapping


def ready(port: int, environment: Mapping[str, str] = os.environ) -> str | None:
    """@returns None when a model is listed, otherwise why not"""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/models")
    if key := environment.get("VLLM_API_KEY"):
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            models = json.load(answer)["data"]
    except (OSError, ValueError, KeyError) as error:
        return f"/v1/models: {error}"
    return None if models else "/v1/models lists no model"
