from django.db import migrations, models

# Of clocks that are there the sum alone is known: one pause that ended when they last ran again.
FORTH = """
UPDATE escalations_clock
SET pauses = jsonb_build_array(jsonb_build_array(runs_since - paused_for * interval '1 second', runs_since))
WHERE paused_for > 0
"""
BACK = """
UPDATE escalations_clock AS c
SET paused_for = (SELECT COALESCE(SUM(EXTRACT(EPOCH FROM (p->>1)::timestamptz - (p->>0)::timestamptz)), 0)::int
                  FROM jsonb_array_elements(c.pauses) AS p)
"""


class Migration(migrations.Migration):
    dependencies = [("escalations", "0005_owed_replies_keep_their_template")]

    operations = [
        migrations.AddField("clock", "pauses", models.JSONField(blank=True, default=list)),
        migrations.RunSQL(FORTH, BACK),
        migrations.RemoveField("clock", "paused_for"),
    ]
