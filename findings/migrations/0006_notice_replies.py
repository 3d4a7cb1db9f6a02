import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_user_version"),
        ("findings", "0005_whole_workflow"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalsupervisionnotice",
            name="concluded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="concluded at"),
        ),
        migrations.AddField(
            model_name="historicalsupervisionnotice",
            name="concluded_by",
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
            model_name="historicalsupervisionnotice",
            name="return_reason",
            field=models.TextField(blank=True, verbose_name="reason of the return"),
        ),
        migrations.AddField(
            model_name="historicalsupervisionnotice",
            name="returned_count",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="times returned"),
        ),
        migrations.AddField(
            model_name="supervisionnotice",
            name="concluded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="concluded at"),
        ),
        migrations.AddField(
            model_name="supervisionnotice",
            name="concluded_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="supervisionnotice",
            name="return_reason",
            field=models.TextField(blank=True, verbose_name="reason of the return"),
        ),
        migrations.AddField(
            model_name="supervisionnotice",
            name="returned_count",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="times returned"),
        ),
        migrations.AlterField(
            model_name="historicalsupervisionnotice",
            name="colour",
            field=models.CharField(
                choices=[("blue", "blue"), ("yellow", "yellow"), ("red", "red")],
                default="yellow",
                max_length=8,
                verbose_name="colour",
            ),
        ),
        migrations.AlterField(
            model_name="supervisionnotice",
            name="colour",
            field=models.CharField(
                choices=[("blue", "blue"), ("yellow", "yellow"), ("red", "red")],
                default="yellow",
                max_length=8,
                verbose_name="colour",
            ),
        ),
        migrations.AddConstraint(
            model_name="supervisionnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("colour__in", ["blue", "yellow", "red"])), name="supervisionnotice_colour"
            ),
        ),
        migrations.AddConstraint(
            model_name="supervisionnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["replied", "concluded"]), _negated=True),
                    models.Q(
                        ("replied_at__isnull", False),
                        ("replied_by__isnull", False),
                        models.Q(("reply", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="supervisionnotice_replied",
            ),
        ),
        migrations.AddConstraint(
            model_name="supervisionnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "concluded"), _negated=True),
                    models.Q(
                        ("concluded_at__isnull", False),
                        ("concluded_by__isnull", False),
                        models.Q(("conclusion", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="supervisionnotice_concluded",
            ),
        ),
    ]
