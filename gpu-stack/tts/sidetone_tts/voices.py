"""The voices on disk."""

import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

# Letters of any script, digits, "_" and "-". Without dots, slashes and spaces a name is a safe folder name.
_NAME = re.compile(r"[^\W_][\w-]{0,59}")
_ABOUT = "voice.json"
_AUDIO = "audio.wav"


class BadName(Exception):
    """A name that no voice can have."""


class VoiceExists(Exception):
    """Another voice has the name."""


class NoSuchVoice(Exception):
    """No voice has the name."""


@dataclass(frozen=True)
class Voice:
    """ref_text: what is said in the recording. consent: as the person who uploaded it worded it.

    created_at: seconds since 1970. seconds: of the recording.
    """

    name: str
    ref_text: str
    consent: str
    created_at: int
    seconds: float


class VoiceStore:
    """One folder for each voice. A voice is there whole or not at all, for other processes, too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self) -> list[Voice]:
        """By name."""
        if not self._folder.is_dir():
            return []
        names = sorted(entry.name for entry in self._folder.iterdir() if _NAME.fullmatch(entry.name))
        return [voice for name in names if (voice := self._read(name))]

    def get(self, name: str) -> tuple[Voice, bytes]:
        """The voice and its WAV file. @raises NoSuchVoice"""
        name = _normal(name)
        voice = self._read(name) if _NAME.fullmatch(name) else None
        if voice is None:
            raise NoSuchVoice(name)
        try:
            return voice, (self._folder / name / _AUDIO).read_bytes()
        except FileNotFoundError as error:  # Removed at this very moment.
            raise NoSuchVoice(name) from error

    def check_free(self, name: str) -> str:
        """The name as it will be kept. @raises BadName, VoiceExists"""
        name = _normal(name)
        if not _NAME.fullmatch(name):
            raise BadName("a name is 1 to 60 letters, digits, - and _, and begins with a letter or a digit")
        if (self._folder / name).exists():
            raise VoiceExists(name)
        return name

    def add(self, name: str, wav: bytes, *, ref_text: str, consent: str, seconds: float) -> Voice:
        """@raises BadName, VoiceExists"""
        name = self.check_free(name)
        voice = Voice(name, ref_text, consent, int(time.time()), round(seconds, 2))
        self._folder.mkdir(parents=True, exist_ok=True)
        # Names never begin with a dot, so nobody takes the unfinished folder for a voice.
        unfinished = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        try:
            _write(unfinished / _AUDIO, wav)
            _write(unfinished / _ABOUT, json.dumps(asdict(voice), ensure_ascii=False, indent=2).encode())
            unfinished.rename(self._folder / name)
        except OSError as error:
            if (self._folder / name).exists():
                raise VoiceExists(name) from error
            raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return voice

    def remove(self, name: str) -> None:
        """@raises NoSuchVoice"""
        name = self.get(name)[0].name
        gone = tempfile.mkdtemp(prefix=".old-", dir=self._folder)
        try:
            # In one step, so that nobody finds half a voice.
            (self._folder / name).rename(gone)
        except FileNotFoundError as error:
            raise NoSuchVoice(name) from error
        finally:
            shutil.rmtree(gone, ignore_errors=True)

    def _read(self, name: str) -> Voice | None:
        try:
            return Voice(**json.loads((self._folder / name / _ABOUT).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def _normal(name: str) -> str:
    # "й" typed on one machine as one letter and on another as two is one name.
    return unicodedata.normalize("NFC", name.strip())


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
