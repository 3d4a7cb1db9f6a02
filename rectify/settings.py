"""All settings, read from the environment. The defaults run the demo, development and the tests with no service.

Every variable may also be given as a file: ``SECRET_KEY_FILE=/run/secrets/key`` stands for ``SECRET_KEY``.
README.md lists them; a test compares the two.
"""

from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

from rectify.secrets import kept, new_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env.ENVIRON = FileAwareMapping(cache=False)  # the cache would outlive this module and hide what tests set


def refuse(name: str, why: str, remedy: str) -> ImproperlyConfigured:
    """Word the one sentence with which a wrong setting stops the start."""
    return ImproperlyConfigured(f"{name} {why}: {remedy}.")


def text(name: str, default: str = "") -> str:
    """Read a variable; an empty one counts as unset, as compose files leave it."""
    return env.str(name, default="").strip() or default


def switch(name: str, *, default: bool) -> bool:
    """Read a yes/no variable."""
    value = text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "false", "true", "no", "yes", "off", "on"}:
        raise refuse(name, f"is {value!r}", "set it to 1 or 0")
    return value in {"1", "true", "yes", "on"}


def number(name: str, default: int, *, most: int) -> int:
    """Read a whole number between 0 and ``most``."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) > most:
        raise refuse(name, f"is {value!r}", f"set it to a whole number from 0 to {most}")
    return int(value)


def listed(value: str) -> set[str]:
    """The words of a list separated by commas."""
    return {word.strip().lower() for word in value.split(",") if word.strip()}


def required(name: str, remedy: str) -> str:
    """Read a variable that production cannot do without."""
    value = text(name)
    if PRODUCTION and not value:
        raise refuse(name, "is not set and RECTIFY_ENV is production", remedy)
    return value


# --- Which kind of site ---------------------------------------------------------------------------------

RECTIFY_ENV = text("RECTIFY_ENV", "demo")
if RECTIFY_ENV not in {"demo", "production"}:
    raise refuse("RECTIFY_ENV", f"is {RECTIFY_ENV!r}", "set it to demo or production")
PRODUCTION = RECTIFY_ENV == "production"
DEBUG = False  # error pages with settings and source never leave the server; traces go to the log

RECTIFY_DATA = Path(text("RECTIFY_DATA", str(BASE_DIR / "data"))).expanduser().absolute()
try:
    RECTIFY_DATA.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    problem = f"names {RECTIFY_DATA}, which cannot be made"
    raise refuse("RECTIFY_DATA", problem, "name a folder that this account may write") from error

PORT = number("PORT", 8000, most=65535)
DEMO_PASSWORD = text("RECTIFY_DEMO_PASSWORD")

# --- Security -------------------------------------------------------------------------------------------

SECRET_KEY = required("SECRET_KEY", "set it to a random text of at least 50 characters, different on every site")
if PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith("django-insecure")):
    raise refuse("SECRET_KEY", "is too easy to guess", "set it to a random text of at least 50 characters")
try:
    SECRET_KEY = SECRET_KEY or kept(RECTIFY_DATA / "secret-key", new_key)
except OSError as error:
    problem = f"names {RECTIFY_DATA}, where no secret-key can be kept"
    raise refuse("RECTIFY_DATA", problem, "let this account write there, or set SECRET_KEY") from error

ALLOWED_HOSTS = [host.strip() for host in text("ALLOWED_HOSTS").split(",") if host.strip()]
required("ALLOWED_HOSTS", "set it to the names under which people open the site, separated by commas")
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise refuse("ALLOWED_HOSTS", "is *, which answers to any name", "name the hosts of this site")
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

HTTPS = switch("RECTIFY_HTTPS", default=PRODUCTION)
PROXIES = number("RECTIFY_PROXIES", 0, most=9)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Application ----------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "django_htmx",
    "template_partials",
    "axes",
    "csp",
    "rectify",
    "accounts",
    "findings",
]

MIDDLEWARE = [
    "rectify.health.health",
    "rectify.middleware.client_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "rectify.middleware.private_answers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "rectify.middleware.sliding_session",
    "rectify.middleware.chosen_language",
    "accounts.middleware.own_names",
    "accounts.middleware.whole_page_sign_in",
    "accounts.middleware.password_first",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "rectify.urls"
WSGI_APPLICATION = "rectify.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "findings.context.around",
            ],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
required("DATABASE_URL", "set it to postgres://USER:PASSWORD@HOST:5432/NAME, or to sqlite:////PATH for a small site")
DATABASE_URL = text("DATABASE_URL", f"sqlite:///{RECTIFY_DATA / 'db.sqlite3'}")
try:
    if not DATABASE_URL.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ValueError("neither SQLite nor PostgreSQL")
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
except (ValueError, KeyError, environ.ImproperlyConfigured) as error:
    raise refuse("DATABASE_URL", "cannot be read", "write it as postgres://USER:PASSWORD@HOST:5432/NAME") from error

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Without these three, a fifth of concurrent read-then-write transactions fail with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
    # A file, not memory: browser tests and a real worker read it from other threads and processes.
    DATABASES["default"]["TEST"] = {"NAME": str(RECTIFY_DATA / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Its compiler of queries spends seconds on lists that are read in milliseconds.
    _own = DATABASES["default"].setdefault("OPTIONS", {})
    _own["options"] = f"-c jit=off {_own.get('options', '')}".strip()

MEDIA_ROOT = RECTIFY_DATA / "media"  # outside every web root: a view hands files out, and asks who is reading
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

BACKUP_DIR = Path(text("RECTIFY_BACKUP_DIR", str(RECTIFY_DATA / "backups")))
BACKUPS = number("RECTIFY_BACKUPS", 14, most=999)  # nights that are kept; 0 writes none
BY_CRON = switch("RECTIFY_CRON", default=False)  # the site runs the jobs by cron, and no scheduler is missed
# Rows of an Excel list that a page draws while its reader waits; above, a job does and leaves the file in the inbox.
EXPORT_AT_ONCE = number("RECTIFY_EXPORT_AT_ONCE", 3000, most=100_000)
JOB_LOST_AFTER = number("RECTIFY_JOB_LOST_AFTER", 600, most=86_400)  # seconds without a sign of life of its worker

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_DATE_INDEX = "composite"

# --- People ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
NAMES_EVERY = 10  # seconds after which a process asks again what the site calls its roles and states
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

SESSION_COOKIE_AGE = 30 * 60  # idle time; rectify.middleware.sliding_session moves the end on
SESSION_LONGEST = 12 * 3600  # seconds from signing in, however busy its owner is
SESSION_EXPIRE_AT_BROWSER_CLOSE = False

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]  # from whichever address; open sessions go on
FAILURES_OF_ADDRESS = 50  # against any names within the cool-off time; see accounts.locking
AXES_HANDLER = "accounts.locking.Handler"
AXES_LOCKOUT_CALLABLE = "accounts.locking.paused"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who tries on during a pause does not make it longer
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # asks for a limit by address, which accounts.locking brings

# --- Language, time, static files -----------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = text("TIME_ZONE", "Asia/Shanghai")
if TIME_ZONE not in available_timezones():
    raise refuse("TIME_ZONE", f"is {TIME_ZONE!r}", "set it to a name such as Asia/Shanghai")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = RECTIFY_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION  # the demo starts without a collectstatic
if not PRODUCTION:
    STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise complains about a missing folder, rightly so in production

# --- Mail and queue -------------------------------------------------------------------------------------

required("EMAIL_URL", "set it to smtp://USER:PASSWORD@HOST:25, or to dummymail:// where there is no mail server")
try:
    vars().update(env.email_url_config(text("EMAIL_URL", f"filemail:///{RECTIFY_DATA / 'mail'}")))
except (ValueError, KeyError, environ.ImproperlyConfigured) as error:
    raise refuse("EMAIL_URL", "cannot be read", "write it as smtp://USER:PASSWORD@HOST:25") from error
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = text("EMAIL_FROM", "rectify@localhost")
_OWN_ADDRESS = f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if PRODUCTION else f"http://localhost:{PORT}"
SITE_URL = text("RECTIFY_URL", _OWN_ADDRESS).rstrip("/")  # mails are written where no request tells the address
if not SITE_URL.startswith(("http://", "https://")):
    raise refuse("RECTIFY_URL", f"is {SITE_URL!r}", "write it as https://rectify.court.example")

# Gateways that messages may leave by, beside mail. As an application (ID:AGENT) the site writes to each person; with
# the address of a group's robot the group reads that something waits for somebody.
GATEWAYS = {
    "wecom": "https://qyapi.weixin.qq.com",
    "dingtalk": "https://oapi.dingtalk.com",
    "feishu": "https://open.feishu.cn",
    "webhook": "",
}


def gateway(name: str, url: str, secret: str, app: str = "") -> dict[str, dict[str, str]]:
    """Take one gateway's variables; nothing where the site does not use it."""
    if not url and not app:
        return {}
    url = (url or GATEWAYS[name]).rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise refuse(f"RECTIFY_{name.upper()}_URL", f"is {url!r}", "write it as https://HOST/PATH")
    if app and name != "feishu" and not app.partition(":")[2].isdecimal():
        raise refuse(f"RECTIFY_{name.upper()}_APP", "cannot be read", "write it as ID:AGENT, the agent being a number")
    return {name: {"url": url, "secret": secret, "app": app}}


CHANNELS = {
    **gateway("wecom", text("RECTIFY_WECOM_URL"), text("RECTIFY_WECOM_SECRET"), text("RECTIFY_WECOM_APP")),
    **gateway("dingtalk", text("RECTIFY_DINGTALK_URL"), text("RECTIFY_DINGTALK_SECRET"), text("RECTIFY_DINGTALK_APP")),
    **gateway("feishu", text("RECTIFY_FEISHU_URL"), text("RECTIFY_FEISHU_SECRET"), text("RECTIFY_FEISHU_APP")),
    **gateway("webhook", text("RECTIFY_WEBHOOK_URL"), text("RECTIFY_WEBHOOK_SECRET")),
}
# Hosts that may be called at all: public addresses over TLS only.
CHANNEL_HOSTS = {urlsplit(url).hostname for url in GATEWAYS.values() if url} | listed(text("RECTIFY_CHANNEL_HOSTS"))
# HOST:PORT of gateways in the court's own network, which may have private addresses and go without TLS.
PRIVATE_HOSTS = listed(text("RECTIFY_PRIVATE_HOSTS"))

REDIS_URL = required("REDIS_URL", "set it to redis://HOST:6379/0")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://")):
    raise refuse("REDIS_URL", "cannot be read", "write it as redis://HOST:6379/0")
QUEUE_DIR = RECTIFY_DATA / "queue"

# --- Log ------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
        "matplotlib": {"level": "WARNING"},
    },
}
