"""Root routes. /healthz and /readyz are answered earlier, in rectify.health."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("", include("findings.urls")),
]
