from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_user_version"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("sign_in", "signed in"),
                    ("sign_in_failed", "sign-in failed"),
                    ("sign_out", "signed out"),
                    ("password", "password changed"),
                    ("account", "account changed"),
                    ("department", "department changed"),
                    ("grant", "role granted or ended"),
                    ("export", "exported"),
                    ("download", "downloaded"),
                    ("refused", "access refused"),
                    ("message", "message sent again"),
                ],
                max_length=20,
                verbose_name="action",
            ),
        ),
    ]
