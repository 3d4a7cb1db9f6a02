"""The job of the frame: keep the embedded queue's folder small."""

import logging

from celery import shared_task

from rectify import broker

logger = logging.getLogger(__name__)


@shared_task
def prune_queue() -> None:
    """Delete old messages that are done with."""
    logger.info("queue: %s old messages deleted", broker.prune())
