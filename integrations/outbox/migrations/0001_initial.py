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
            name='DoorHold',
            fields=[
                ('door', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('topic', models.CharField(max_length=40)),
                ('purpose', models.CharField(blank=True, max_length=40)),
                ('scope', models.CharField(max_length=120)),
                ('title', models.CharField(max_length=300)),
                ('path', models.CharField(blank=True, max_length=300)),
                ('payload', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('unknown', 'Sent, without an answer yet'), ('asking', 'Needs an answer'), ('failed', 'Failed'), ('sent', 'Sent'), ('dropped', 'Dropped')], default='waiting', max_length=10)),
                ('question', models.JSONField(null=True)),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('attempts', models.IntegerField(default=0)),
                ('own_faults', models.IntegerField(default=0)),
                ('looks', models.IntegerField(default=0)),
                ('unanswered_at', models.DateTimeField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('claim', models.CharField(blank=True, max_length=32)),
                ('sent_at', models.DateTimeField(null=True)),
                ('tell_at', models.DateTimeField(null=True)),
                ('remote_id', models.CharField(blank=True, max_length=80)),
                ('remote_url', models.CharField(blank=True, max_length=500)),
                ('fault', models.TextField(blank=True)),
                ('detail', models.TextField(blank=True)),
                ('after', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='outbox.delivery')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ('waiting', 'sending', 'unknown'))), fields=['due_at'], name='deliveries_on_their_way'), models.Index(condition=models.Q(('state__in', ('waiting', 'sending', 'unknown'))), fields=['scope', 'id'], name='deliveries_of_a_scope'), models.Index(condition=models.Q(('state__in', ('waiting', 'sending', 'unknown', 'asking', 'failed'))), fields=['-id'], name='deliveries_open'), models.Index(condition=models.Q(('tell_at__isnull', False)), fields=['tell_at'], name='deliveries_to_tell'), models.Index(fields=['purpose', '-id'], name='deliveries_of_a_purpose'), models.Index(models.OrderBy(models.F('sent_at'), descending=True), condition=models.Q(('state', 'sent')), name='deliveries_sent')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('claimed_until__isnull', False), _connector='OR'), name='what_is_being_sent_is_claimed'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'asking'), _negated=True), ('question__isnull', False), _connector='OR'), name='what_asks_has_a_question'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='what_is_sent_says_when')],
            },
        ),
        migrations.CreateModel(
            name='DeliveryEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('from_value', models.TextField(blank=True)),
                ('to_value', models.TextField(blank=True)),
                ('via', models.CharField(blank=True, max_length=20)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('what', models.CharField(choices=[('enqueued', 'put on its way'), ('sent', 'sent'), ('found', 'found there already'), ('unanswered', 'got no answer'), ('postponed', 'put off'), ('asked', 'needs an answer'), ('answered', 'answered'), ('failed', 'was refused'), ('retried', 'tried again by hand'), ('dropped', 'dropped')], max_length=60)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='outbox.delivery')),
            ],
            options={
                'ordering': ['at', 'id'],
                'indexes': [models.Index(fields=['delivery', 'at'], name='events_of_a_delivery')],
            },
        ),
    ]
