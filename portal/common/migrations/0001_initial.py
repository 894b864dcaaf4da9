from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Timer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=120)),
                ('due_at', models.DateTimeField()),
                ('token', models.CharField(max_length=32)),
                ('attempts', models.IntegerField(default=0)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('fault', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='timers_by_time')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='one_timer_of_a_kind_has_a_key')],
            },
        ),
    ]
