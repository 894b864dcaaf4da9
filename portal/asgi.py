"""The web process: what uvicorn serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_PROCESS", "web")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from django.conf import settings  # noqa: E402

from portal.common.bodies import CountedBodies  # noqa: E402

application = CountedBodies(django_application, settings.BODY_LIMIT)
