from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0005_action_of_ticket'),
    ]

    operations = [
        migrations.AddField(
            model_name='incidentwatcher',
            name='out_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
