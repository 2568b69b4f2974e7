"""import_path of the TTS in serve.yaml: `sidetone_ray.tts:application`."""

from fastapi import FastAPI

from sidetone_ray import replica


def create() -> FastAPI:
    # Only where it runs: Serve imports this module on machines without PyTorch, too.
    from sidetone_common import logs
    from sidetone_common.settings import from_env
    from sidetone_tts.app import create_app
    from sidetone_tts.settings import Settings

    settings = from_env(Settings)
    logs.configure("tts", texts=settings.log_texts)
    return create_app(settings)


deployment = replica.deployment("tts", create)
application = deployment.bind()
