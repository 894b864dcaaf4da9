"""When a delivery was last put on its way or off, and a door's hold asked for; what is there is taken as noted now."""

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='noted_at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='doorhold',
            name='at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(django.contrib.postgres.indexes.OpClass('path', name='varchar_pattern_ops'), name='deliveries_of_a_path'),
        ),
    ]
