"""What a client of /v1/realtime may send."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter


class Pcm(BaseModel):
    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = 24000


class Telephone(BaseModel):
    type: Literal["audio/pcmu", "audio/pcma"]


class ServerVad(BaseModel):
    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0.05, le=0.95)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5000)
    silence_duration_ms: int = Field(default=500, ge=32, le=10_000)


class Transcription(BaseModel):
    model: str | None = None
    language: str | None = None
    prompt: str | None = None


class Input(BaseModel):
    format: Annotated[Pcm | Telephone, Field(discriminator="type")] = Pcm()
    transcription: Transcription = Transcription()
    turn_detection: ServerVad | None = ServerVad()


class InputUpdate(BaseModel):
    format: Annotated[Pcm | Telephone, Field(discriminator="type")] | None = None
    transcription: Transcription | None = None
    turn_detection: ServerVad | None = None


class AudioUpdate(BaseModel):
    input: InputUpdate = InputUpdate()


class SessionUpdate(BaseModel):
    type: Literal["transcription"]
    audio: AudioUpdate = AudioUpdate()


class Update(BaseModel):
    type: Literal["session.update"]
    event_id: str | None = None
    session: SessionUpdate


class Append(BaseModel):
    type: Literal["input_audio_buffer.append"]
    event_id: str | None = None
    audio: str


class Commit(BaseModel):
    type: Literal["input_audio_buffer.commit"]
    event_id: str | None = None


class Clear(BaseModel):
    type: Literal["input_audio_buffer.clear"]
    event_id: str | None = None


EVENTS: TypeAdapter[Update | Append | Commit | Clear] = TypeAdapter(
    Annotated[Update | Append | Commit | Clear, Field(discriminator="type")]
)
