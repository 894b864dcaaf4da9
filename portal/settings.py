"""Django's settings, fed by `portal.env`. There is one file for every place the portal runs in."""

import os
import sys
from typing import Any

import structlog
from csp.constants import NONE, SELF
from kombu import Queue

from portal import dialects
from portal import env as environment
from portal.common.logs import hide_secrets

try:
    ENV = environment.load(environment.sources(os.environ))
except environment.EnvironmentFaults as faults:
    sys.exit(str(faults))

BASE_DIR = environment.ROOT
SECRET_KEY = ENV.secret_key
# ENV.debug is the mode (a demo on one machine, or production). Django's own pages for developers print every setting
# and variable, and are shown in neither. What went wrong stands in the log.
DEBUG = False
ON_ONE_MACHINE = ENV.debug
ALLOWED_HOSTS = list(ENV.allowed_hosts)
PORTAL_BASE_URL = ENV.base_url
CSRF_TRUSTED_ORIGINS = [ENV.base_url] if ENV.base_url else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "portal.common",
    "integrations.outbox",
    "people",
    "cadence",
    "set_rotation",
    "customers",
    "tickets",
    "escalations",
    "incidents",
    "portal",
]

MIDDLEWARE = [
    "portal.common.requests.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.common.requests.BodyLimit",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.common.requests.Alive",
    "portal.common.requests.OddCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "people.middleware.ReadersZone",
    "portal.common.requests.FormsAddress",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader",
                                                                 "django.template.loaders.app_directories.Loader"])],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.frame.frame",
            ],
            "libraries": {"parts": "portal.common.templatetags.parts"},
            "builtins": ["template_partials.templatetags.partials", "portal.common.templatetags.parts"],
        },
    }
]

# The web process keeps psycopg's pool; every other process opens and closes its own connections.
DATABASES: dict[str, dict[str, Any]] = {
    # A page that takes longer is of use to nobody; a first import or a migration may take its time.
    "default": dialects.django_database(ENV.database_url, statement_seconds=20 if ENV.process == "web" else 0)
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
if ENV.process == "web":
    DATABASES["default"] = dialects.pooled(DATABASES["default"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENV.redis_url
CACHES = {"default": {"BACKEND": "portal.common.cache.FailOpenRedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "set"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["people.authentication.PasswordBackend"]
LOGIN_URL = "people:sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "people:sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

LANGUAGE_CODE = "en"
TIME_ZONE = ENV.team_time_zone
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = None if ON_ONE_MACHINE else BASE_DIR / "static_collected"  # in the demo files are served as they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": ENV.var / "files", "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if ON_ONE_MACHINE
            else "portal.common.statics.HashedFiles"
        )
    },
}
WHITENOISE_USE_FINDERS = ON_ONE_MACHINE
WHITENOISE_AUTOREFRESH = ON_ONE_MACHINE  # a file edited under a running demo is served as it is now
BODY_LIMIT = 5_000_000  # bytes
# A mail with photographs of a screen must page too: this is more than any mail service passes on.
MAIL_LIMIT = 45_000_000
# Files of escalations and incidents: 100 MB, and the form around them. They go to disk while they arrive; "*" is a part
# of a path.
FILES_LIMIT = 105_000_000
LARGER_BODIES = {"/webhooks/mail/": MAIL_LIMIT, "/webhooks/mail/mime/": MAIL_LIMIT} | dict.fromkeys(
    ("/escalations/files/", "/escalations/new/", "/escalations/form/*/", "/escalations/form/*/files/",
     "/incidents/*/evidence/"), FILES_LIMIT
)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAIL_LIMIT  # of what is no file
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler", "portal.common.uploads.NamelessFiles",
]
# Where they lie while they arrive, without a name: what a killed process leaves is nothing. Elsewhere /tmp is memory.
FILE_UPLOAD_TEMP_DIR = str(ENV.var) if ENV.var.is_dir() else None

EMAIL = dialects.django_email(ENV.email_url, ENV.var)
EMAIL_BACKEND = EMAIL.pop("EMAIL_BACKEND")
globals().update(EMAIL)
DEFAULT_FROM_EMAIL = dialects.from_address(ENV.base_url)

# One source of everything. SVG sprites and fonts are ours too; nothing is inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF], "script-src": [SELF], "style-src": [SELF], "img-src": [SELF, "data:"],
        "connect-src": [SELF], "object-src": [NONE], "base-uri": [NONE], "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if not ON_ONE_MACHINE and ENV.base_url.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "set_session"
CSRF_COOKIE_NAME = "set_csrf"
CSRF_FAILURE_VIEW = "portal.pages.views.csrf_failed"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "people.authentication.PersonalTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["people.authentication.PersonalTokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.common.parsing.PlainJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.common.api.Schema",
    "DEFAULT_PAGINATION_CLASS": "portal.common.paging.Pages",
    "EXCEPTION_HANDLER": "portal.common.api.problem",
    "PAGE_SIZE": 50,
    "ALLOWED_VERSIONS": ["1"],  # of the schema; without it `?version=` stands in a header, whatever it holds
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SET portal",
    "DESCRIPTION": "What the Sustained Engineering Team's portal knows, for programs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "PageStateEnum": "set_rotation.choices.PageState", "EscalationSourceEnum": "escalations.choices.Source",
        "PageSourceEnum": "set_rotation.choices.PageSource",
    },
}

# A killed worker's task comes back after the visibility time-out; longest task + margin.
CELERY_BROKER_URL = dialects.celery_broker(REDIS_URL)
# Runs of minutes have a queue of their own, so that a move of a card never waits behind an import; so has the tick, so
# that nobody is paged late because another system hangs. A worker that is given no queue serves all.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("slow"), Queue("clock")]
CELERY_TASK_ROUTES = {
    name: {"queue": "slow"} for name in (
        "tickets.sync_*", "tickets.census*", "tickets.forget*", "tickets.count_words", "portal.mark_tickets",
        "portal.read_workflow", "portal.forget_deliveries", "set_rotation.solve",
        "escalations.check_file*", "escalations.forget_files",
    )
} | {"portal.tick": {"queue": "clock"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3_900, "unacked_restore_interval": 1, "unacked_restore_throttle": 1,
    "socket_timeout": 30, "socket_connect_timeout": 5, "retry_on_timeout": True,
}
CELERY_TIMEZONE = ENV.team_time_zone
CELERY_BEAT_SCHEDULER = "portal.beat.Timetable"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
# Renewed each second. So long does another beat wait for the lock of one that was killed, and with it every timer.
CELERY_REDBEAT_LOCK_TIMEOUT = 4

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Plain tracebacks: the rich ones print every local variable, passwords and tokens among them.
                structlog.processors.format_exc_info,
                hide_secrets,  # here, where Django's, uvicorn's, Celery's and our own lines all pass
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
                if ON_ONE_MACHINE
                else structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.ExtraAdder(),
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"}, "django.server": {"level": "WARNING"},
        # uvicorn's handlers know nothing of secrets; "propagate" stays off for its access log, which is not wanted.
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

# The address is unique without regard to case, by a functional constraint that this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.E003", "auth.W004"]
