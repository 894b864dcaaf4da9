import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipped', models.PositiveSmallIntegerField(default=0)),
                ('edited', models.BooleanField(default=False)),
                ('calendar', models.SlugField(default='company', max_length=40)),
                ('day', models.DateField()),
                ('name', models.CharField(max_length=80)),
                ('key', models.SlugField(blank=True, max_length=60)),
                ('taken_out', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['day'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('taken_out', False)), fields=('calendar', 'day'), name='a_calendar_has_one_holiday_a_day'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('calendar', 'key'), name='a_shipped_holiday_comes_once')],
            },
        ),
        migrations.CreateModel(
            name='MeetingTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipped', models.PositiveSmallIntegerField(default=0)),
                ('edited', models.BooleanField(default=False)),
                ('kind', models.CharField(choices=[('triage', 'Triage'), ('set', 'SET meeting'), ('weekly', 'Weekly meeting')], max_length=20, unique=True)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday')]), size=None)),
                ('at', models.TimeField()),
                ('zone', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('weekdays__len__gt', 0)), name='a_meeting_has_a_weekday')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shipped', models.PositiveSmallIntegerField(default=0)),
                ('edited', models.BooleanField(default=False)),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('t_minus', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(60)])),
                ('daily_triage', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['-t_minus', 'key'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('daily_triage', True)), fields=('daily_triage',), name='triage_is_daily_from_one_milestone_on')],
            },
        ),
        migrations.CreateModel(
            name='CadenceEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('from_value', models.TextField(blank=True)),
                ('to_value', models.TextField(blank=True)),
                ('via', models.CharField(blank=True, max_length=20)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('what', models.CharField(choices=[('holiday_added', 'added a holiday'), ('holiday_changed', 'changed a holiday'), ('holiday_taken_out', 'took out a holiday'), ('meeting_changed', 'changed a meeting'), ('step_changed', 'changed a milestone')], max_length=60)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('holiday', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='cadence.holiday')),
                ('meeting', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='cadence.meetingtime')),
                ('step', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='cadence.releasestep')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
    ]
