"""The pages of the flow."""

from django.urls import path
from viewflow.workflow.flow import FlowViewset

from bench.peers.viewflow_app.flows import ApprovalFlow

urlpatterns = [path("approvals/", FlowViewset(ApprovalFlow).urls)]
