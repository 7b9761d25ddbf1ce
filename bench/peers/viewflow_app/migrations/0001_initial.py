"""The project's own tables; viewflow brings those of the flow."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The first and only one."""

    initial = True
    dependencies = (("viewflow", "0015_task_scheduled"), migrations.swappable_dependency(settings.AUTH_USER_MODEL))
    operations = (
        migrations.CreateModel("Approval", fields=[], options={"proxy": True}, bases=("viewflow.process",)),
        migrations.CreateModel(
            "Employee",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("supervisor", models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")),
                ("user", models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="employee")),
            ],
        ),
    )
