from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("findings", "0008_outbox_fill"),)

    operations = (
        migrations.RemoveField(model_name="message", name="attempts"),
        migrations.RemoveField(model_name="message", name="claimed_at"),
    )
