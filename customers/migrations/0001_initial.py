import customers.models.customer
import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import people.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('plan', models.CharField(blank=True, choices=[('professional', 'Professional'), ('enterprise', 'Enterprise'), ('premier', 'Premier'), ('premium', 'Premium'), ('e20', 'E20')], max_length=20)),
                ('arr', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('seats', models.PositiveIntegerField(blank=True, null=True)),
                ('zone', models.CharField(default=people.models.team_zone, max_length=64, validators=[people.models.validate_zone], verbose_name='time zone')),
                ('opens', models.TimeField(default=datetime.time(9, 0))),
                ('closes', models.TimeField(default=datetime.time(17, 0))),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=customers.models.customer.working_week, size=None)),
                ('notes', models.TextField(blank=True)),
                ('confirmed', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('csm', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.customer')),
                ('tam', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name'), 'pk'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='one_customer_has_a_name'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_customer_has_a_name'), models.CheckConstraint(condition=models.Q(('arr__isnull', True), ('arr__gte', 0), _connector='OR'), name='arr_is_not_negative'), models.CheckConstraint(condition=models.Q(('closes', datetime.time(0, 0)), ('closes__gt', models.F('opens')), _connector='OR'), name='an_office_closes_after_it_opens')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('role', models.CharField(blank=True, max_length=80)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='customers.customer')),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name'), 'pk'],
                'constraints': [models.UniqueConstraint(models.F('customer'), django.db.models.functions.text.Lower('email'), condition=models.Q(('removed_at__isnull', True), models.Q(('email', ''), _negated=True)), name='one_contact_of_a_customer_has_an_address')],
            },
        ),
        migrations.CreateModel(
            name='CustomerAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='customers.customer')),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='one_customer_has_an_alias')],
            },
        ),
        migrations.CreateModel(
            name='CustomerEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('from_value', models.TextField(blank=True)),
                ('to_value', models.TextField(blank=True)),
                ('via', models.CharField(blank=True, max_length=20)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('what', models.CharField(choices=[('added', 'was added'), ('confirmed', 'was confirmed'), ('changed', 'was changed'), ('renamed', 'was renamed'), ('alias_added', 'got another name'), ('alias_removed', 'lost another name'), ('contact_added', 'got a contact'), ('contact_changed', 'had a contact changed'), ('contact_removed', 'lost a contact'), ('holidays_changed', 'got other holidays'), ('merged', 'was merged into another'), ('archived', 'was set aside'), ('brought_back', 'was brought back')], max_length=60)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='customers.customer')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['customer', '-at'], name='events_of_a_customer')],
            },
        ),
        migrations.CreateModel(
            name='CustomerHoliday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('name', models.CharField(blank=True, max_length=80)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='customers.customer')),
            ],
            options={
                'ordering': ['day'],
                'constraints': [models.UniqueConstraint(fields=('customer', 'day'), name='a_customers_holiday_stands_once')],
            },
        ),
        migrations.CreateModel(
            name='CustomerImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('added', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('unchanged', models.PositiveIntegerField(default=0)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='CustomerSlug',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=120, unique=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_slugs', to='customers.customer')),
            ],
        ),
    ]
