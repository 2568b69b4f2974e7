"""`python -m sidetone_tts` serves; `python -m sidetone_tts doctor` looks for what is wrong."""

import sys

from sidetone_common import logs, server
from sidetone_common.settings import SettingsError, from_env

from .settings import Settings


def main(arguments: list[str]) -> int:
    """@returns the exit code: 0 well, 1 something is wrong, 2 wrong usage or settings"""
    if arguments not in ([], ["doctor"]):
        print("usage: python -m sidetone_tts [doctor]", file=sys.stderr)
        return 2
    try:
        settings = from_env(Settings)
    except SettingsError as error:
        print(f"settings: {error}", file=sys.stderr)
        return 2
    logs.configure("tts", texts=settings.log_texts)
    if arguments:
        from .doctor import examine

        return examine(settings)
    from .app import create_app

    server.run(create_app(settings), host=settings.host, port=settings.port, grace_s=settings.grace_s)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
