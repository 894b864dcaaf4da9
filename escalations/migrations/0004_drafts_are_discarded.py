from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("escalations", "0003_files_wait_to_be_masked"),
    ]

    operations = [
        migrations.AddField(
            model_name="intakedraft",
            name="discarded_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
