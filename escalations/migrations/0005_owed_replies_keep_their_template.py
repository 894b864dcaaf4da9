import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalations", "0004_drafts_are_discarded")]

    operations = [
        migrations.AddField(
            "owedreply", "template",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                              to="escalations.templateversion"),
        ),
    ]
