from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("escalations", "0006_clocks_know_their_pauses")]

    operations = [
        migrations.AlterField(
            model_name="escalation",
            name="began_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="when it began"),
        ),
        migrations.AddField(
            model_name="escalation",
            name="began_on",
            field=models.DateField(blank=True, null=True, verbose_name="when it began"),
        ),
    ]
