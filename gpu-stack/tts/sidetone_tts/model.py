"""F5-TTS with its vocoder: a reference voice and a text in, sound out.

Not for several threads at once, except `reference`; see inference for the thread that owns a model.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sidetone_common import logs

from . import batch, patch, schedule
from .attention import heed_padding
from .batch import Sampling
from .checkpoint import Checkpoint, require_architecture
from .upstream import CFM, MelSpec, Vocos, convert_char_to_pinyin
from .weights import build_model, build_vocoder

log = logs.get("model")

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 24_000
FRAMES_PER_SECOND = SAMPLE_RATE / 256

# Reference and speech together, nearly three minutes; the table of positions takes 32 MB.
MAX_FRAMES = 16_384

# Enough to say "Да" at any speed of the reference. Upstream slows all texts below 10 bytes to 0.3 instead,
# which draws the same "Да." out to three times its length.
_SHORTEST_FRAMES = round(0.4 * FRAMES_PER_SECOND)

# How far half precision may be from float32, mean of all mel frames; 0.1 in natural logarithm is 0.9 dB.
_HALF_PRECISION_ERROR = 0.1


class SpeechError(Exception):
    """Why a clause could not be spoken."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A voice, ready to be imitated. Made by `F5Model.reference`; keep it as long as the voice is in use.

    mel: (frames, 100), float32, on the CPU. text: what is said in it, ends with a space.
    seconds: its length. key: hash of sound and text.
    """

    mel: Tensor
    text: str
    seconds: float
    key: str


@dataclass(frozen=True, eq=False)
class Clause:
    """What to say, and how.

    text: normalised. seed: the same seed gives the same speech. steps: one of schedule.QUALITIES.
    speed: 1 is the reference's. deadline: in seconds of time.monotonic(), after which nobody wants it.
    """

    voice: Reference
    text: str
    seed: int
    steps: int
    speed: float = 1.0
    deadline: float | None = None


class F5Model:
    """Made by `load`. begin, then advance until done, then finish; any number of clauses side by side."""

    sample_rate = SAMPLE_RATE

    def __init__(self, cfm: CFM, vocoder: Vocos, arch: str, max_frames: int) -> None:
        self.arch = arch
        self.max_frames = max_frames
        self.dtype = torch.float32
        self._cfm = cfm
        self._vocoder = vocoder
        self._mel = MelSpec()

    @property
    def device(self) -> torch.device:
        device: torch.device = self._cfm.device
        return device

    def reference(self, audio: Audio, text: str) -> Reference:
        """audio: mono, 24 kHz, float32, levelled, trimmed, 12 s at most. text: what it says, normalised.

        @raises SpeechError without sound or text
        """
        text = text.strip().rstrip(" ,;:-—")
        if not text or not len(audio):
            raise SpeechError("a reference voice needs a recording and its text")
        text += " " if text[-1] in ".!?…" else ". "
        audio = np.ascontiguousarray(audio, dtype=np.float32)
        with torch.inference_mode():
            mel = self._mel(torch.from_numpy(audio)[None])[0].T.contiguous()
        key = hashlib.sha256(audio.tobytes() + text.encode()).hexdigest()
        return Reference(mel, text, len(audio) / SAMPLE_RATE, key)

    def frames(self, voice: Reference, text: str, speed: float) -> int:
        """How many mel frames `text` takes: upstream's rule of equal time for equal bytes of UTF-8."""
        rate = len(voice.mel) / len(voice.text.encode())
        return max(_SHORTEST_FRAMES, round(rate * len(text.encode()) / speed))

    def begin(self, clause: Clause) -> Sampling:
        """@raises SpeechError for an empty text, one that takes more than `max_frames`, or unknown steps"""
        text = clause.text.strip()
        if not text:
            raise SpeechError("there is nothing to say")
        (tokens,) = convert_char_to_pinyin([clause.voice.text + text])
        frames = len(clause.voice.mel) + self.frames(clause.voice, text, clause.speed)
        frames = max(frames, len(tokens) + 1)
        if frames > self.max_frames:
            raise SpeechError(
                f"this text takes {frames / FRAMES_PER_SECOND:.0f} s with its reference, and at most "
                f"{self.max_frames / FRAMES_PER_SECOND:.0f} s can be spoken at once; split it"
            )
        try:
            times = schedule.times(clause.steps)
        except ValueError as error:
            raise SpeechError(str(error)) from error
        return batch.begin(self._cfm, clause.voice.mel, tokens, frames, times, clause.seed)

    def advance(self, samplings: list[Sampling]) -> None:
        """One step of each, in one forward pass; has happened when it returns."""
        batch.advance(self._cfm.transformer, samplings, self.dtype)
        if self.device.type == "cuda":
            # Otherwise the steps would pile up on the card, and a cancelled clause would go on to its end.
            torch.cuda.synchronize(self.device)

    def finish(self, sampling: Sampling) -> Audio:
        """The sound: mono, float32, at `sample_rate`. @raises SpeechError when the model gave no numbers"""
        with torch.inference_mode():
            audio: Audio = self._vocoder.decode(sampling.speech.T[None])[0].cpu().numpy()
        if not np.isfinite(audio).all():
            raise SpeechError("the model gave no sound but not-a-number; load it in float32")
        return audio

    def compile(self) -> None:
        """Hands the transformer to torch.compile, which takes minutes now and saves time later."""
        for block in self._cfm.transformer.transformer_blocks:
            block.compile(dynamic=True)
        # There is one program for a mask and one for none; nobody should have to wait for either.
        one, two = self._random_sampling(200), self._random_sampling(150)
        self.advance([one])
        self.advance([one, two])

    def use(self, dtype: torch.dtype) -> None:
        """Multiplies matrices in `dtype` (autocast), if this model then speaks the same on this device.

        Only the weights of the transformer's blocks are cast; times, positions and the sum of the steps stay
        float32.
        """
        if dtype == torch.float32:
            return
        exact, rounded = self._probe(torch.float32), self._probe(dtype)
        error = float((exact - rounded).abs().mean())
        if not error <= _HALF_PRECISION_ERROR:
            log.warning("model.half_refused", dtype=str(dtype), error=error, allowed=_HALF_PRECISION_ERROR)
            return
        self._cfm.transformer.transformer_blocks.to(dtype)
        self.dtype = dtype
        log.info("model.half_accepted", dtype=str(dtype), error=error, allowed=_HALF_PRECISION_ERROR)

    def _probe(self, dtype: torch.dtype) -> Tensor:
        sampling = self._random_sampling(200)
        while not sampling.done:
            batch.advance(self._cfm.transformer, [sampling], dtype)
        return sampling.speech

    def _random_sampling(self, frames: int) -> Sampling:
        mel = torch.randn(100, 100, generator=torch.Generator().manual_seed(1)) - 4
        tokens = list(self._cfm.vocab_char_map)[:40]
        times = schedule.times(schedule.QUALITIES["fast"])
        return batch.begin(self._cfm, mel, tokens, frames, times, seed=2)


def load(
    checkpoint: Checkpoint,
    device: str | torch.device,
    dtype: torch.dtype = torch.float32,
    *,
    max_frames: int = MAX_FRAMES,
    compiled: bool = False,
) -> F5Model:
    """dtype: what to multiply matrices in, refused where it is heard (`F5Model.use`).

    @raises CheckpointError, patch.PatchError
    """
    require_architecture(checkpoint.arch, "/".join(checkpoint.weights.parts[-2:]))
    patch.require_known_upstream()
    cfm = build_model(checkpoint)
    patch.extend(cfm, max_frames)
    heed_padding(cfm.transformer)
    model = F5Model(cfm.to(device).eval(), build_vocoder(checkpoint).to(device), checkpoint.arch, max_frames)
    model.use(dtype)
    if compiled:
        model.compile()
    log.info("model.loaded", arch=model.arch, file=checkpoint.weights, device=model.device, dtype=model.dtype)
    return model
