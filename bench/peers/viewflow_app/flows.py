"""The flow: somebody certifies a week, and their supervisor decides on it."""

from django.contrib.auth.models import User
from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.activation import Activation
from viewflow.workflow.flow.views import CreateProcessView, UpdateProcessView

from bench.peers.viewflow_app.models import Approval, Employee


class Certify(CreateProcessView):
    """The form of a week; it leads to the form that decides on it."""

    fields = ("week", "minutes", "digest")
    success_message = ""

    def get_success_url(self) -> str:
        """Where it is decided on."""
        task = self.request.activation.process.task_set.get(flow_task=ApprovalFlow.decide)
        return str(task.reverse("execute"))


class Decide(UpdateProcessView):
    """The form of a decision."""

    fields = ("approved",)
    success_message = ""
    success_url = "/"


class ApprovalFlow(flow.Flow):
    """Certify, then decide."""

    process_class = Approval
    lock_impl = lock.select_for_update_lock

    certify = flow.Start(Certify.as_view()).Permission(auto_create=True).Next(this.decide)
    decide = flow.View(Decide.as_view()).Assign(this.supervisor).Next(this.end)
    end = flow.End()

    def supervisor(self, activation: Activation) -> User:
        """Whose turn it is: the supervisor of whoever has certified."""
        owner = Employee.objects.select_related("supervisor").get(user__task__process=activation.process)
        return owner.supervisor
