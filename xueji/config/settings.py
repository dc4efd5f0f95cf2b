"""Django settings. Everything that differs between installations is an environment variable.

docs/operations.md lists the variables and what they are for.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import SimpleLazyObject

from xueji.config import embedded, environment, keys

REPOSITORY = environment.REPOSITORY
VAR = environment.var()

PRODUCTION = environment.text("XUEJI_ENV", "demo") == "production"
DEBUG = environment.flag("XUEJI_DEBUG")
SECRET_KEY = environment.text("SECRET_KEY") or keys.secret(VAR, create=not PRODUCTION)
XUEJI_KEY_RING = SimpleLazyObject(lambda: keys.ring(VAR, create=not PRODUCTION))

# Whether a worker seals the history: then nothing is written while it has not been sealed for too long.
XUEJI_SEALING = environment.flag("XUEJI_SEALING", PRODUCTION)

ALLOWED_HOSTS = environment.words("XUEJI_HOSTS", ("127.0.0.1", "localhost", "[::1]", "testserver"))
CSRF_TRUSTED_ORIGINS = environment.words("XUEJI_ORIGINS")

INSTALLED_APPS = [
    "xueji.config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    # Accounts and second factors. Not the app "allauth" itself: it would bring pages and words of its own.
    "allauth.account",
    "allauth.mfa",
    "xueji.audit",
    "xueji.access",
    "xueji.spreadsheets",
    "xueji.organisations",
    "xueji.students",
    "xueji.changes",
    "xueji.status",
    "xueji.disclosures",
    "xueji.synthetic",
    "xueji.bench",
    "xueji.web",
]

MIDDLEWARE = [
    "xueji.web.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xueji.web.middleware.ChineseUnlessChosen",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "xueji.access.middleware.ScopeMiddleware",
    "xueji.web.middleware.SealedMiddleware",
    "xueji.web.middleware.FirstUseMiddleware",
    "xueji.web.middleware.ProofMiddleware",
    "xueji.web.middleware.PageMiddleware",
]

ROOT_URLCONF = "xueji.web.urls"
WSGI_APPLICATION = "xueji.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xueji.web.shell.shell",
            ],
        },
    }
]

FORM_RENDERER = "xueji.web.form_rendering.Renderer"

# Database. Three doors to one database, each with its own role: what a role may do is
# decided by the server, not by the code that happens to hold the connection.
EMBEDDED = not environment.text("DATABASE_URL")


def door(role: str, variable: str) -> dict[str, Any]:
    """Return the connection parameters of one role: those in the variable, else the embedded server."""
    given = environment.database(variable)
    if given is None:
        given = {
            "NAME": "xueji",
            "USER": role,
            "PASSWORD": "",
            "HOST": str(embedded.socket_folder(VAR)),
            "PORT": "",
            "OPTIONS": {},
        }
        if not EMBEDDED:
            raise environment.WrongEnvironment(
                f"DATABASE_URL is set, so {variable} must be set as well (role {role}; docs/operations.md)."
            )
    options: Any = given["OPTIONS"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        **given,
        # Statements that say so are planned once per connection (status/statements.py).
        "OPTIONS": {"application_name": role, "prepare_threshold": 5, **options},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # The scope middleware opens the transaction, because it must say the scope first.
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {
    "default": door("xueji_app", "DATABASE_URL"),
    "national": door("xueji_national", "DATABASE_NATIONAL_URL"),
    "owner": door("xueji_owner", "DATABASE_OWNER_URL"),
}
DATABASE_ROUTERS = ["xueji.config.database.OwnerMigrates"]
# Who gives student numbers: a function as students.rules.numbers.national. Replaceable by another source.
XUEJI_NUMBER_GENERATOR = environment.text("XUEJI_NUMBER_GENERATOR", "xueji.students.rules.numbers.national")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Jobs: each room's jobs.py, in the business database, enqueued in the business transaction.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_DATABASE_ALIAS = "default"

# Accounts.
AUTH_USER_MODEL = "access.Account"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# What a password must be is judged in access.actions_passwords, which knows the second factor and the past.
AUTH_PASSWORD_VALIDATORS: list[dict[str, str]] = []
XUEJI_PASSWORD_DAYS = environment.number("XUEJI_PASSWORD_DAYS", 180)
# Name and password are enough, and risky acts ask nothing again: for demonstrations. Production refuses it.
XUEJI_EASY_SIGN_IN = environment.flag("XUEJI_EASY_SIGN_IN", not PRODUCTION)
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
# The longest session; idle ones end sooner (access.rules.sessions).
SESSION_ENGINE = "xueji.access.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
ACCOUNT_ADAPTER = "xueji.web.security.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# A bureau shares one address: attempts are counted by account and device (access.rules.throttles).
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {"reauthenticate": "xueji.web.security.forms.ReauthenticateForm"}
MFA_ADAPTER = "xueji.web.security.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "学籍"
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "xueji.web.security.forms.AuthenticateForm",
    "reauthenticate": "xueji.web.security.forms.ReauthenticateByCodeForm",
    "activate_totp": "xueji.web.security.forms.ActivateTOTPForm",
    "add_webauthn": "xueji.web.security.forms.AddPasskeyForm",
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

# Only a proxy that overwrites the header may say that the request came by https.
if environment.flag("XUEJI_BEHIND_PROXY", PRODUCTION):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = environment.number("XUEJI_HSTS_SECONDS", 31_536_000)
    # The proxy redirects from http; a second redirect here would hide its misconfiguration.
    SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W005", "security.W021"]

# Languages: Chinese is the source, English the translation.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [REPOSITORY / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Static files: named by content hash after `xueji collectstatic`, served by granian or the proxy.
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_FINDERS = [
    "xueji.config.static.PackageFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR / "files", "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "xueji.config.static.HashedStorage"},
}

# Uploads: a workbook of 200,000 rows is some tens of megabytes; it goes to disk, not into memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_PERMISSIONS = 0o600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": environment.text("XUEJI_LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "procrastinate": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
