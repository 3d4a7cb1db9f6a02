"""The frame: settings, routes, queue, and the one command that starts everything."""

from rectify.celery import app as celery_app

__all__ = ["celery_app"]
