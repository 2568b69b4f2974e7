"""import_path of the STT in serve.yaml: `sidetone_ray.stt:application`."""

from fastapi import FastAPI

from sidetone_ray import replica


def create() -> FastAPI:
    # Only where it runs: Serve imports this module on machines without CTranslate2, too.
    from sidetone_common import logs
    from sidetone_common.settings import from_env
    from sidetone_stt.app import create_app
    from sidetone_stt.settings import Settings

    settings = from_env(Settings)
    logs.configure("stt", texts=settings.log_texts)
    return create_app(settings)


deployment = replica.deployment("stt", create)
application = deployment.bind()
