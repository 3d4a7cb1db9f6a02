"""Routes below /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", views.set_language, name="set_language"),
    path("password/", views.password_change, name="password_change"),
    path("settings/", views.own_settings, name="own_settings"),
    path("people/", views.people_list, name="people_list"),
    path("people/new/", views.account_create, name="account_create"),
    path("people/<int:pk>/", views.person_detail, name="person_detail"),
    path("people/<int:pk>/edit/", views.account_edit, name="account_edit"),
    path("people/<int:pk>/reset/", views.account_reset, name="account_reset"),
    path("people/<int:pk>/active/", views.account_active, name="account_active"),
    path("people/<int:pk>/unlock/", views.account_unlock, name="account_unlock"),
    path("people/<int:pk>/grant/", views.grant_create, name="grant_create"),
    path("departments/", views.department_list, name="department_list"),
    path("departments/new/", views.department_create, name="department_create"),
    path("departments/<int:pk>/", views.department_edit, name="department_edit"),
    path("grants/", views.grant_list, name="grant_list"),
    path("grants/<int:pk>/end/", views.grant_end, name="grant_end"),
    path("import/", views.people_import, name="people_import"),
    path("names/", views.name_list, name="name_list"),
    path("names/<path:code>/", views.name_edit, name="name_edit"),
    path("log/", views.security_log, name="security_log"),
]
