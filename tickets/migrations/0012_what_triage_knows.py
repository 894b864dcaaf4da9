import django.db.models.deletion
from django.db import migrations, models

# Who is in triage already, as far as the rows say: without this, every old bug that was changed lately would be new.
KNOWN = """
INSERT INTO tickets_triageknown (ticket_id)
SELECT id FROM tickets_ticket AS ticket
WHERE "column" IN ('backlog', 'unmapped') AND EXISTS (SELECT FROM tickets_triagemeeting)
  AND NOT EXISTS (SELECT FROM tickets_triageitem AS item WHERE item.ticket_id = ticket.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ("tickets", "0011_batches_of_writes"),
    ]

    operations = [
        migrations.CreateModel(
            name="TriageKnown",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+",
                        serialize=False, to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="weeklyupdateevent",
            name="what",
            field=models.CharField(
                choices=[
                    ("drafted", "was drafted"), ("redrafted", "was drafted again"), ("edited", "was edited"),
                    ("posted", "was posted"), ("corrected", "was corrected"), ("reminded", "was called to mind"),
                    ("taken_back", "was taken back"),
                ],
                max_length=60,
            ),
        ),
    ]
