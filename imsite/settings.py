"""All settings. The first section has those that operators set in the environment, with default and unit."""

import os
import warnings
from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from imsite import logs, sentry
from imsite.environment import env, flag, one_of, redis_url, user_ids, whole_number
from imsite.safety import refuse_unsafe

BASE_DIR = Path(__file__).resolve().parent.parent
# A date that many days ago still exists, and PostgreSQL takes no longer timeouts.
DAYS_MAX, TIMEOUT_MAX_S, PORT_MAX = 36_500, 2_147_483, 65_535
DATABASE_URL_FORM = (
    "DATABASE_URL must be postgres://user:password@host:port/name or sqlite:///path. Special characters in the password are "
    "percent-encoded: @ is %40."
)
REPLICA_URL_FORM = "DATABASE_REPLICA_URL must be postgres://user:password@host:port/name, as DATABASE_URL must then be."


def replica_of(primary: dict, url: str) -> dict:
    """Return the settings of a standby: the primary's with another address and short limits, after which that is asked."""
    try:
        given = env.db_url_config(url)
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(REPLICA_URL_FORM) from error
    if given.get("ENGINE") != "django.db.backends.postgresql" or primary["ENGINE"] != "imsite.postgresql":
        raise ImproperlyConfigured(REPLICA_URL_FORM)
    address = {name: given[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    options = {**primary["OPTIONS"], **given.get("OPTIONS", {})}
    if "pool" in options:
        options["pool"] = {"min_size": 0, "max_size": 16, "timeout": 2}
    limits = {"default_transaction_read_only": "on", "lock_timeout": "1s", "statement_timeout": "2s"}
    session = primary["SESSION"] and {**primary["SESSION"], **limits}
    return {**primary, **address, "OPTIONS": options, "SESSION": session, "ANSWER_WITHIN_S": 3, "TEST": {"MIRROR": "default"}}


# ---- Settings for operators ------------------------------------------------------------------

# Development mode: on in a fresh checkout, off with a SECRET_KEY and in `make serve`.
DEBUG = flag("DEBUG", default=not (env.str("SECRET_KEY", default="") or "SECRET_KEY_FILE" in os.environ))
SECRET_KEY = env.str("SECRET_KEY", default="demo-only-secret-key" if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_HEADERS = [*default_headers, "if-none-match", "last-event-id", "owner-version"]
CORS_EXPOSE_HEADERS = ["etag", "owner-version", "retry-after", "x-request-id"]

# The SDKAppID of the Tencent app. With 0, UserSigs and signed webhooks are rejected. The demo has one for sample webhooks.
IM_SDK_APP_ID = whole_number("IM_SDK_APP_ID", 1400000000 if DEBUG else 0)
IM_SECRET_KEY = env.str("IM_SECRET_KEY", default="")  # the secret key of that app, for UserSigs
# The app's administrators, whose UserSigs open every list by calls of Tencent's REST API. Empty: nobody's do.
IM_ADMINISTRATORS = user_ids("IM_ADMINISTRATORS", default="administrator")

# The callback token of the Tencent console. Without it, signed webhooks are rejected.
IM_CALLBACK_TOKEN = env.str("IM_CALLBACK_TOKEN", default="demo-only-callback-token" if DEBUG else "")
CALLBACK_WINDOW_S = whole_number("CALLBACK_WINDOW_S", 60)  # allowed clock skew of a webhook's RequestTime
CALLBACK_DAYS = whole_number("CALLBACK_DAYS", 7, DAYS_MAX)  # days after which an applied webhook loses its body


# Days after which `prune` deletes rows; 0 is never.
MESSAGE_DAYS = whole_number("MESSAGE_DAYS", 0, DAYS_MAX)  # messages that no conversation needs
EVENT_DAYS = whole_number("EVENT_DAYS", 365, DAYS_MAX)  # what happened to conversations besides messages
WEBHOOK_DAYS = whole_number("WEBHOOK_DAYS", 90, DAYS_MAX)  # applied webhooks
ACCESS_LOG_DAYS = whole_number("ACCESS_LOG_DAYS", 365, DAYS_MAX)
STAFF_LOG_DAYS = whole_number("STAFF_LOG_DAYS", 365, DAYS_MAX)
REVOKED_KEY_DAYS = whole_number("REVOKED_KEY_DAYS", 90, DAYS_MAX)  # revoked and expired API keys

# Where the servers listen: pages, admin, API and webhooks at PORT; event streams at EVENTS_PORT.
HOST = env.str("HOST", default="") or "127.0.0.1"
PORT = whole_number("PORT", 8000, PORT_MAX)
EVENTS_PORT = whole_number("EVENTS_PORT", PORT + 1, PORT_MAX)
WEB_WORKERS = whole_number("WEB_WORKERS", 2)  # processes at PORT
WEB_THREADS = whole_number("WEB_THREADS", 4)  # requests that each of them works on at the same time
EVENTS_WORKERS = whole_number("EVENTS_WORKERS", 1)  # processes at EVENTS_PORT
EVENTS_HEARTBEAT_S = whole_number("EVENTS_HEARTBEAT_S", 15)  # interval of heartbeats, which check the credential again

MAX_PINNED = whole_number("MAX_PINNED", 50)  # limit of pinned conversations per user
TOMBSTONE_DAYS = whole_number("TOMBSTONE_DAYS", 30, DAYS_MAX)  # deleted-conversation retention in the change feed
SKIP_OWNERS = user_ids("SKIP_OWNERS")  # users without a list, such as bots and administrators
VIEW_REASON_REQUIRED = flag("VIEW_REASON_REQUIRED", default=False)  # whether staff must enter a reason before viewing a list
SESSION_COOKIE_AGE = whole_number("SESSION_AGE_S", 14 * 86_400)  # how long a login holds
LOGIN_FAILURES = whole_number("LOGIN_FAILURES", 10)  # failed logins per account and address before a lock-out
LOGIN_LOCK_S = whole_number("LOGIN_LOCK_S", 15 * 60)  # length of the lock-out
MAX_BODY_BYTES = whole_number("MAX_BODY_BYTES", 8 * 1024 * 1024)  # limit of an API request

# Limits that no honest app meets; 0 is without limit. Of users' apps (UserSigs, users' API keys) and of staff sessions, then of
# back ends (service keys, the app's administrators).
RATE_LIMIT_USER = whole_number("RATE_LIMIT_USER", 1200)  # requests of a credential in a minute
RATE_LIMIT_KEY = whole_number("RATE_LIMIT_KEY", 0)
MAX_STREAMS_USER = whole_number("MAX_STREAMS_USER", 100)  # open event streams of a credential
MAX_STREAMS_KEY = whole_number("MAX_STREAMS_KEY", 0)
# Conversations that a user's apps begin, by a draft, setting or report. Those that messages begin are not counted.
MAX_CONVERSATIONS = whole_number("MAX_CONVERSATIONS", 10_000)
# Counts requests for all processes together. Without it, each worker process counts its own.
REDIS_URL = redis_url("REDIS_URL")

# How long a client may take to send a request's body, and to read on in a download; 0 is without limit.
CLIENT_TIMEOUT_S = whole_number("CLIENT_TIMEOUT_S", 60, TIMEOUT_MAX_S)
# How long a request waits for a row that another one has locked, and for one statement; 0 is without limit. Commands and
# migrations wait as long as it takes.
LOCK_TIMEOUT_S = whole_number("LOCK_TIMEOUT_S", 5, TIMEOUT_MAX_S)
STATEMENT_TIMEOUT_S = whole_number("STATEMENT_TIMEOUT_S", 30, TIMEOUT_MAX_S)
# False behind a pooler that shares connections between transactions: no prepared statements, and no settings of a session.
DATABASE_PREPARE = flag("DATABASE_PREPARE", default=True)
# How far behind the standby at DATABASE_REPLICA_URL may be and still answer reads, in seconds.
DATABASE_REPLICA_LAG_S = whole_number("DATABASE_REPLICA_LAG_S", 10)

# The log on standard error. At debug it tells nothing more of requests; no level logs what people wrote.
LOG_LEVEL = one_of("LOG_LEVEL", logs.LEVELS, default="info")
LOG_FORMAT = one_of("LOG_FORMAT", logs.FORMATS, default="text")
REQUEST_LOG = flag("REQUEST_LOG", default=True)  # a line for each request
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # opens /metrics to other machines
SENTRY_DSN = env.str("SENTRY_DSN", default="")  # errors are reported there

# ---- Database --------------------------------------------------------------------------------

_IS_WEB_PROCESS = flag("IS_WEB_PROCESS", default=False)  # set by the entry points of the servers
# SQLite without being asked for is for development: in production a variable that was lost would go unnoticed.
IS_DATABASE_NAMED = env.str("DATABASE_URL", default="") != ""
try:
    DATABASES = {
        "default": env.db_url_config(env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'imsite.sqlite3'}")
    }
except (KeyError, ValueError) as error:
    raise ImproperlyConfigured(DATABASE_URL_FORM) from error
_database = DATABASES["default"]
_engine = _database.get("ENGINE")
if _engine == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # writers wait at BEGIN instead of failing later
        "timeout": (LOCK_TIMEOUT_S or TIMEOUT_MAX_S) if _IS_WEB_PROCESS else 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # A file, as in production: in memory, the threads of a process would share the locks of a connection.
    _database["TEST"] = {"NAME": f"{_database['NAME']}.test"}
elif _engine == "django.db.backends.postgresql":
    _database["ENGINE"] = "imsite.postgresql"
    # An unresponsive PostgreSQL host times out after two seconds, within the time limit of a webhook: while connecting, when
    # sent bytes are not acknowledged, and during a query. For a hanging process on a responsive host, libpq 18 has no limit.
    _timeouts = {"connect_timeout": 2, "tcp_user_timeout": 1500, "keepalives_idle": 1, "keepalives_interval": 1}
    _prepare = {"prepare_threshold": 2 if DATABASE_PREPARE else None}
    _database["OPTIONS"] = {"server_side_binding": True, **_prepare, **_timeouts, **_database.get("OPTIONS", {})}
    # JIT compilation takes a second or more, and no query here runs that long.
    _session = {"jit": "off"}
    if _IS_WEB_PROCESS:
        _session |= {"lock_timeout": f"{LOCK_TIMEOUT_S}s", "statement_timeout": f"{STATEMENT_TIMEOUT_S}s"}
        # The server ends a statement itself, unless its process hangs.
        _database["ANSWER_WITHIN_S"] = STATEMENT_TIMEOUT_S + 3 if STATEMENT_TIMEOUT_S else None
    _database["SESSION"] = _session if DATABASE_PREPARE else {}
    _database["DISABLE_SERVER_SIDE_CURSORS"] = not DATABASE_PREPARE
    _database["CONN_HEALTH_CHECKS"] = True
    if flag("DATABASE_POOL", default=False):
        _database["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 16, "timeout": 5}
    else:
        _database["CONN_MAX_AGE"] = None
else:
    raise ImproperlyConfigured(DATABASE_URL_FORM)
if _replica_url := env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = replica_of(_database, _replica_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Django ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "conversations.apps.StaffAdminConfig",
    "conversations.apps.StaffAuthConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "conversations",
]
MIDDLEWARE = [
    "imsite.health.HealthMiddleware",
    "imsite.observing.ObservingMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    # Answers API calls with a Bearer credential, and webhooks, itself: they need no later middleware.
    "conversations.api.fast_path.FastPath",
    "imsite.compression.PageGZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "imsite.time_zones.TimeZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "imsite.handlers.NotFoundMiddleware",
]
ROOT_URLCONF = "imsite.urls"
CSRF_FAILURE_VIEW = "imsite.handlers.form_rejected"
WSGI_APPLICATION = "imsite.wsgi.application"
ASGI_APPLICATION = "imsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["conversations.templatetags.particles"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# The lock-out is per account and address: nobody can lock out other users, neither of the account nor of the address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = timedelta(seconds=LOGIN_LOCK_S)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a rejected attempt neither writes nor extends the lock-out
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # `manage.py axes_reset_username` is enough; its pages have no translation
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "imsite.logins.account"
AXES_CLIENT_IP_CALLABLE = "conversations.access.client_addresses.client_address"
AXES_LOCKOUT_CALLABLE = "imsite.logins.locked_out"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "owner-search"
LOGOUT_REDIRECT_URL = "login"
APPEND_SLASH = False  # the API accepts both forms, and a redirect would lose the body of a POST

# Notices end with the session: in a cookie they would wait for the next person who logs in here.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "imsite.formats"
TIME_ZONE = "UTC"  # of commands, tickets and the API; pages are in the reader's (imsite/time_zones.py)
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage." + ("CompressedStaticFilesStorage" if DEBUG else "CompressedManifestStaticFilesStorage")
    },
}
# Also in the demo, from STATIC_ROOT, which has the compressed files.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = False
WHITENOISE_ROOT = BASE_DIR / "imsite" / "public"  # favicon.ico and robots.txt, at the site's root
# The warning is about `make run`: under ASGI, a file that WhiteNoise opens is read as a whole.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Avatars are at URLs of the app; all other content is ours.
        "img-src": [SELF, "data:", "https:"],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = True, "Lax"  # like the session cookie's defaults
SECURE_REFERRER_POLICY = "same-origin"
# The TLS proxy redirects to https. HSTS for subdomains and its preload list are decisions of the domain's owner.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "conversations.api.authentication.BearerAuthentication",
        "conversations.api.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["conversations.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_SCHEMA_CLASS": "conversations.api.openapi.schema.EndpointSchema",
    "EXCEPTION_HANDLER": "conversations.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "imsite",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["conversations.api.openapi.schema.name_objects_in_query"],
    "POSTPROCESSING_HOOKS": ["conversations.api.openapi.document.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

if not DEBUG:
    refuse_unsafe(globals())
if SENTRY_DSN:
    sentry.report_to(SENTRY_DSN)
