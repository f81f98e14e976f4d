"""
One file of settings; the environment decides.

A strange or missing value stops the start and says which and what is wanted.

One database alias: DATABASE_URL is the app's log-in everywhere, the owner's for `manage.py migrate` alone, the
sequencer's for `manage.py sequence` (docs/adr/0007). docs/reference/settings.md names every variable.
"""

import re
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from config.navigation import navigation

django_stubs_ext.monkeypatch()

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
CHANGES = BASE_DIR / "CHANGELOG.md"  # not there where the package was installed: that knows its version
VERSION = (
    next(iter(re.findall(r"^## \[?(\d+\.\d+\.\d+)", CHANGES.read_text(), re.MULTILINE)), "0")
    if CHANGES.exists()
    else metadata.version("countersign")
)

# A name must stand here: commands that need no database (check, makemigrations) start without DATABASE_URL.
NOWHERE = "postgres://nobody@127.0.0.1:1/set-DATABASE_URL"

DEBUG = env.bool("COUNTERSIGN_DEBUG", False)
DEMO = env.bool("COUNTERSIGN_DEMO", False)
PRODUCTION = not (DEBUG or DEMO)
SECRET_KEY = env.str("COUNTERSIGN_SECRET_KEY", "" if PRODUCTION else "not-secret-because-this-is-a-demo")
if not SECRET_KEY:
    # Commands that never serve a request may start without one; a web process refuses in config.wsgi.
    SECRET_KEY = "unset"  # noqa: S105
ALLOWED_HOSTS = env.list("COUNTERSIGN_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
BASE_URL = env.str("COUNTERSIGN_BASE_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "governance",
    "reviews",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

IS_WEB = env.str("COUNTERSIGN_PROCESS", "") in {"web", "slack_socket"}
DATABASES = {"default": env.dj_db_url("DATABASE_URL", NOWHERE, conn_max_age=None, conn_health_checks=True)}
# A page and a click ask the same few queries of one row each, which take longer to plan than to answer: a web process
# has PostgreSQL keep their plans. A sweep's depend on how much is due, so they are planned anew: it asks no query so
# often. Never None: governance.policy.written asks for kept plans in words.
OFTEN = 5 if IS_WEB else 1_000_000
DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=OFTEN)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "governance.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = LOGOUT_REDIRECT_URL = "login"
LOGIN_REDIRECT_URL = "web:queue"
WEB_ASSURANCE = env.str("COUNTERSIGN_WEB_ASSURANCE", "web_password")  # what a log-in here proves
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # visibility is asked through governance.access, never through has_perm

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("COUNTERSIGN_BEHIND_PROXY", False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SESSION_COOKIE_HTTPONLY = True

# The one who clicks never waits for Redis: a web process publishes hints without retry, within a fraction of a second.
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_PUBLISH_RETRY = not IS_WEB
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 0.3 if IS_WEB else 10,
    "socket_connect_timeout": 0.3 if IS_WEB else 5,
    "health_check_interval": 10,
    **(
        {"max_retries": 0} if IS_WEB else {}
    ),  # kombu would look for a dead Redis for six seconds, publish retries or not
}
SWEEP_SECONDS = env.int("COUNTERSIGN_SWEEP_SECONDS", 10)

LEDGER_ORIGIN = env.str("LEDGER_ORIGIN", "countersign.example/ledger")
LEDGER_VKEY = env.str("LEDGER_VKEY", "")
LEDGER_SIGNING_KEY_FILE = env.str("LEDGER_SIGNING_KEY_FILE", "")
LEDGER_CHECKPOINT_SECONDS = env.int("LEDGER_CHECKPOINT_SECONDS", 10)
USAGE_RETENTION_DAYS = env.int("COUNTERSIGN_USAGE_RETENTION_DAYS", 400)
# the most that one delivery by the door may have, as it comes and unpacked
USAGE_BODY_BYTES = env.int("COUNTERSIGN_USAGE_BODY_BYTES", 8_000_000)
USAGE_UNPACKED_BYTES = env.int("COUNTERSIGN_USAGE_UNPACKED_BYTES", 32_000_000)
# key id -> 32 bytes in base64; the first seals, all open
try:
    ENCRYPTION_KEYS: dict[str, str] = env.dict("COUNTERSIGN_ENCRYPTION_KEYS", {})
except ValueError:  # it would show a key
    raise ImproperlyConfigured("COUNTERSIGN_ENCRYPTION_KEYS is NAME=KEY, or several with commas between them") from None

# mail: the second surface. Without an address of a server nobody is asked by e-mail.
EMAIL_URL = env.str("EMAIL_URL", "")
EMAIL_SET_UP = bool(EMAIL_URL)
if EMAIL_SET_UP:
    mail = env.dj_email_url("EMAIL_URL")
    if "EMAIL_BACKEND" not in mail:
        raise ImproperlyConfigured(
            "EMAIL_URL begins with smtp:, submission:, file: or console: (docs/reference/email.md)"
        )
    EMAIL_BACKEND, EMAIL_FILE_PATH = mail["EMAIL_BACKEND"], mail["EMAIL_FILE_PATH"]
    EMAIL_HOST, EMAIL_PORT = mail["EMAIL_HOST"], mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = mail["EMAIL_USE_TLS"], mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10
NOT_FOR_PRODUCTION = "" if EMAIL_SET_UP and PRODUCTION else "countersign@localhost"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("COUNTERSIGN_FROM_EMAIL", NOT_FOR_PRODUCTION)
if not DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("EMAIL_URL is set, so set COUNTERSIGN_FROM_EMAIL too: who its letters come from")

SLACK_API_BASE_URL = env.str("SLACK_API_BASE_URL", "https://slack.com/api/")
SLACK_SIGNING_SECRET = env.str("SLACK_SIGNING_SECRET", "")
SLACK_SIMULATED = env.bool("SLACK_SIMULATED", False)

UNFOLD = {
    "SITE_TITLE": "Countersign",
    "SITE_HEADER": "Countersign",
    "SITE_SUBHEADER": "Access review for AI agents",
    "SITE_ICON": {shade: f"/static/brand/icon-{shade}.svg" for shade in ("light", "dark")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/brand/icon-light.svg"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["/static/tokens.css", "/static/admin.css", "/static/forms.css"],
    # unfold's greys and blues, as tokens.css has them
    "COLORS": {
        "base": {
            "50": "#f6f5f1",
            "100": "#efede7",
            "200": "#dcd8cd",
            "300": "#c6c1b4",
            "400": "#8f897b",
            "500": "#5e6575",
            "600": "#454c5e",
            "700": "#3a4152",
            "800": "#2a303d",
            "900": "#191d27",
            "950": "#11141b",
        },
        "primary": {
            "50": "#f1f5fc",
            "100": "#e6ecf7",
            "200": "#c9d6ee",
            "300": "#a3bff5",
            "400": "#94b3f0",
            "500": "#86a8ea",
            "600": "#26457f",
            "700": "#1b3463",
            "800": "#16294d",
            "900": "#111f3a",
            "950": "#0b1529",
        },
        "font": {
            "subtle-light": "#5e6575",
            "subtle-dark": "#a0a7b7",
            "default-light": "#454c5e",
            "default-dark": "#bdc1cc",
            "important-light": "#1a2133",
            "important-dark": "#ece9e2",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": navigation()},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logging.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("COUNTERSIGN_LOG_LEVEL", "INFO")},
    "loggers": {name: {"level": "WARNING"} for name in ("boto3", "botocore", "celery", "slack_bolt", "slack_sdk")},
}
