from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    """What failed by mail becomes an undeliverable delivery; what was being sent waits again."""
    message, delivery = apps.get_model("findings", "Message"), apps.get_model("findings", "Delivery")
    failed = message.objects.filter(status="failed").exclude(recipient__email="")
    delivery.objects.bulk_create(
        [
            delivery(message=row, channel="mail", status="dead", attempts=row.attempts, error=row.error,
                     not_before=row.not_before)
            for row in failed.iterator()
        ],
        batch_size=500,
    )  # fmt: skip
    message.objects.filter(status="sending").update(status="waiting")


def empty(apps: Any, schema_editor: Any) -> None:
    apps.get_model("findings", "Delivery").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (("findings", "0007_outbox"),)

    operations = (migrations.RunPython(fill, empty),)
