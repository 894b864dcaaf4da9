from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("outbox", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0010_what_the_update_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticketwrite",
            name="batch",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="ticketwrite",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch", "id"], name="writes_of_a_batch"
            ),
        ),
    ]
