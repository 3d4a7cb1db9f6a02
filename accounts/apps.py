from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing connects the receivers of Django's own sign-in signals.
        from accounts import audit  # noqa: F401, PLC0415 - models must be loaded first
