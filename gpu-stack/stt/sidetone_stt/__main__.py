"""python -m sidetone_stt         serves
python -m sidetone_stt doctor  says what is wrong, and the fix
"""

import sys

from sidetone_common import doctor, logs, server
from sidetone_common.settings import SettingsError, from_env
from sidetone_stt.settings import Settings


def main(arguments: list[str]) -> int:
    """The exit status."""
    try:
        settings = from_env(Settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments == ["doctor"]:
        from sidetone_stt.doctor import checks

        return doctor.report(checks(settings))
    if arguments:
        print(__doc__, end="", file=sys.stderr)
        return 2
    from sidetone_stt.app import create_app

    logs.configure("stt", texts=settings.log_texts)
    server.run(create_app(settings), host=settings.host, port=settings.port, grace_s=settings.grace_s)
    return 0


sys.exit(main(sys.argv[1:]))
