"""The job queue: one application and the whole timetable.

A job carries ids or an ISO date, calls one function and can be repeated without harm; what is lost
with a queue is found again in the database by the next run.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rectify.settings")

from django.conf import settings

from rectify import broker

app = Celery("rectify")
app.conf.update(broker.config())
app.conf.update(
    timezone=settings.TIME_ZONE,
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=30 * 60,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    beat_scheduler="rectify.timekeeping:Scheduler",
    beat_schedule_filename=str(settings.RECTIFY_DATA / "beat-schedule"),
    beat_schedule={
        "remind": {"task": "findings.tasks.remind_due", "schedule": crontab(hour="8", minute="30")},
        "catch_up": {"task": "findings.tasks.catch_up", "schedule": crontab(minute="*/10")},
        "send": {"task": "findings.tasks.send_messages", "schedule": crontab()},
        "periods": {"task": "findings.tasks.open_periods", "schedule": crontab(hour="0", minute="5")},
        "compile": {"task": "findings.tasks.compile_due_reports", "schedule": crontab(minute="*/10")},
        "jobs": {"task": "findings.tasks.take_up_lost_jobs", "schedule": crontab(minute="*/10")},
        "backup": {"task": "rectify.tasks.nightly_backup", "schedule": crontab(hour="2", minute="30")},
        "sweep": {"task": "rectify.tasks.sweep_files", "schedule": crontab(hour="3", minute="30")},
        "prune": {"task": "rectify.tasks.prune_queue", "schedule": crontab(hour="3", minute="0")},
    },
)
for name, entry in app.conf.beat_schedule.items():
    # By this header a worker knows a run of the timetable from one that was asked for by hand.
    entry["options"] = {"headers": {"entry": name}}
app.autodiscover_tasks()
