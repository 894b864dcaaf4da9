"""The web process: what uvicorn serves."""

import contextlib
import os
import resource

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_PROCESS", "web")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402

from portal.common.bodies import CountedBodies  # noqa: E402

# Every open board is an open file, and many systems begin with 1,024 of them: the thousandth board got no answer.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
with contextlib.suppress(ValueError, OSError):
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(_soft, 65_536 if _hard < 0 else min(_hard, 65_536)), _hard))

application = CountedBodies(
    django_application, settings.BODY_LIMIT, settings.LARGER_BODIES, settings.FILE_UPLOAD_TEMP_DIR
)
