import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("escalations", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="lead_after",
            field=models.PositiveSmallIntegerField(default=60),
        ),
        migrations.AddField(
            model_name="clock",
            name="runs_since",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="clockmatrix",
            name="lead_after",
            field=models.JSONField(default=dict),
        ),
    ]
