"""Who supervises whom, and what is approved."""

from django.contrib.auth.models import User
from django.db import models
from viewflow import jsonstore
from viewflow.workflow.models import Process


class Employee(models.Model):
    """A user whose weeks somebody approves."""

    user = models.OneToOneField(User, models.CASCADE, related_name="employee")
    supervisor = models.ForeignKey(User, models.PROTECT, related_name="+")


class Approval(Process):
    """One submission of a week and the decision on it."""

    week = jsonstore.DateField()
    minutes = jsonstore.IntegerField()
    digest = jsonstore.CharField(max_length=64)
    approved = jsonstore.BooleanField(default=False)

    class Meta:
        """It is kept as every process of viewflow's."""

        proxy = True
