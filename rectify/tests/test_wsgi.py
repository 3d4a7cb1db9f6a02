"""The entry that the web server loads."""

from django.core.handlers.wsgi import WSGIHandler

from rectify.wsgi import application


def test_wsgi_offers_the_application() -> None:
    assert isinstance(application, WSGIHandler)
