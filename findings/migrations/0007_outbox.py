import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_user_version"),
        ("findings", "0006_notice_replies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("wecom", "WeCom"),
                            ("dingtalk", "DingTalk"),
                            ("feishu", "Feishu"),
                            ("webhook", "web hook"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "sent"),
                            ("dropped", "not sent any more"),
                            ("dead", "undeliverable"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("not_before", models.DateTimeField(verbose_name="not before")),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="last error")),
            ],
            options={
                "ordering": ("message", "channel"),
            },
        ),
        migrations.CreateModel(
            name="HistoricalPreference",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("created_at", models.DateTimeField(editable=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "channels",
                    models.CharField(
                        blank=True,
                        default="mail,wecom,dingtalk,feishu,webhook",
                        max_length=100,
                        verbose_name="channels",
                    ),
                ),
                ("paused_from", models.DateField(blank=True, null=True, verbose_name="paused from")),
                ("paused_until", models.DateField(blank=True, null=True, verbose_name="paused until")),
                ("handles", models.JSONField(blank=True, default=dict, verbose_name="names elsewhere")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical preference",
                "verbose_name_plural": "historical preferences",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReminderRule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("created_at", models.DateTimeField(editable=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("code", models.SlugField(max_length=40, verbose_name="code")),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("returned", "returned to the department"),
                            ("overdue", "overdue"),
                            ("due", "deadline near"),
                            ("recheck_missed", "re-check missed"),
                            ("recheck_due", "re-check near"),
                            ("notice_due", "reply to a supervision notice"),
                            ("period", "reporting period about to close"),
                            ("signature", "waiting for a signature"),
                            ("acceptance", "progress to accept"),
                            ("silent", "no progress reported for long"),
                            ("escalation", "delay told to those above"),
                        ],
                        max_length=16,
                        verbose_name="when",
                    ),
                ),
                ("offset", models.PositiveSmallIntegerField(default=0, verbose_name="days")),
                (
                    "unit",
                    models.CharField(
                        choices=[("calendar", "calendar days"), ("working", "working days")],
                        default="calendar",
                        max_length=8,
                        verbose_name="counted in",
                    ),
                ),
                ("roles", models.CharField(max_length=100, verbose_name="who is told")),
                ("channels", models.CharField(blank=True, default="*", max_length=100, verbose_name="channels")),
                ("wording_zh", models.CharField(blank=True, max_length=100, verbose_name="own words, Chinese")),
                ("wording_en", models.CharField(blank=True, max_length=100, verbose_name="own words, English")),
                ("is_active", models.BooleanField(default=True, verbose_name="in force")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical reminder rule",
                "verbose_name_plural": "historical reminder rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("wecom", "WeCom"),
                            ("dingtalk", "DingTalk"),
                            ("feishu", "Feishu"),
                            ("webhook", "web hook"),
                        ],
                        max_length=10,
                        unique=True,
                        verbose_name="channel",
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="since")),
                ("tries", models.PositiveSmallIntegerField(default=1, verbose_name="attempts")),
                ("not_before", models.DateTimeField(verbose_name="next try")),
                ("error", models.CharField(max_length=300, verbose_name="last error")),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(editable=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "channels",
                    models.CharField(
                        blank=True,
                        default="mail,wecom,dingtalk,feishu,webhook",
                        max_length=100,
                        verbose_name="channels",
                    ),
                ),
                ("paused_from", models.DateField(blank=True, null=True, verbose_name="paused from")),
                ("paused_until", models.DateField(blank=True, null=True, verbose_name="paused until")),
                ("handles", models.JSONField(blank=True, default=dict, verbose_name="names elsewhere")),
            ],
        ),
        migrations.CreateModel(
            name="ReminderRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(editable=False)),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                ("code", models.SlugField(max_length=40, verbose_name="code")),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("returned", "returned to the department"),
                            ("overdue", "overdue"),
                            ("due", "deadline near"),
                            ("recheck_missed", "re-check missed"),
                            ("recheck_due", "re-check near"),
                            ("notice_due", "reply to a supervision notice"),
                            ("period", "reporting period about to close"),
                            ("signature", "waiting for a signature"),
                            ("acceptance", "progress to accept"),
                            ("silent", "no progress reported for long"),
                            ("escalation", "delay told to those above"),
                        ],
                        max_length=16,
                        verbose_name="when",
                    ),
                ),
                ("offset", models.PositiveSmallIntegerField(default=0, verbose_name="days")),
                (
                    "unit",
                    models.CharField(
                        choices=[("calendar", "calendar days"), ("working", "working days")],
                        default="calendar",
                        max_length=8,
                        verbose_name="counted in",
                    ),
                ),
                ("roles", models.CharField(max_length=100, verbose_name="who is told")),
                ("channels", models.CharField(blank=True, default="*", max_length=100, verbose_name="channels")),
                ("wording_zh", models.CharField(blank=True, max_length=100, verbose_name="own words, Chinese")),
                ("wording_en", models.CharField(blank=True, max_length=100, verbose_name="own words, English")),
                ("is_active", models.BooleanField(default=True, verbose_name="in force")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
            ],
            options={
                "ordering": ("court", "order", "code"),
            },
        ),
        migrations.AddField(
            model_name="message",
            name="channels",
            field=models.CharField(blank=True, default="*", max_length=100, verbose_name="channels"),
        ),
        migrations.AddField(
            model_name="message",
            name="reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="reason"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["-created_at", "-id"], name="message_newest"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="findings.message"
            ),
        ),
        migrations.AddField(
            model_name="historicalpreference",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalpreference",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalreminderrule",
            name="court",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.department",
                verbose_name="court",
            ),
        ),
        migrations.AddField(
            model_name="historicalreminderrule",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="preference", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reminderrule",
            name="court",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.department",
                verbose_name="court",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["status", "not_before"], name="delivery_outbox"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("message", "channel"), name="delivery_once"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["mail", "wecom", "dingtalk", "feishu", "webhook"])),
                name="delivery_channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "sending", "sent", "dropped", "dead"])),
                name="delivery_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at__isnull", False), ("status", "sent")),
                    models.Q(models.Q(("status", "sent"), _negated=True), ("sent_at__isnull", True)),
                    _connector="OR",
                ),
                name="delivery_sent",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalpreference",
            index=models.Index(fields=["history_date", "id"], name="findings_hi_history_edfcfe_idx"),
        ),
        migrations.AddIndex(
            model_name="historicalreminderrule",
            index=models.Index(fields=["history_date", "id"], name="findings_hi_history_15f72e_idx"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paused_from__isnull", True), ("paused_until__isnull", True)),
                    models.Q(
                        ("paused_from__isnull", False),
                        ("paused_until__gte", models.F("paused_from")),
                        ("paused_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="preference_pause",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.UniqueConstraint(fields=("court", "code"), name="reminderrule_code"),
        ),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "condition__in",
                        [
                            "returned",
                            "overdue",
                            "due",
                            "recheck_missed",
                            "recheck_due",
                            "notice_due",
                            "period",
                            "signature",
                            "acceptance",
                            "silent",
                            "escalation",
                        ],
                    )
                ),
                name="reminderrule_condition",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit__in", ["calendar", "working"])), name="reminderrule_unit"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminderrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("roles", ""), _negated=True), name="reminderrule_roles"
            ),
        ),
    ]
