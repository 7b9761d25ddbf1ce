"""What US government contractors are asked of timekeeping: what is met, since when, and the preset for all of it."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from models.database import ReadSession, WriteSession
from models.errors import ReasonRequired
from models.reads.approval_policy import try_policy
from models.reads.compliance import ComplianceShown, RuleShown, compliance_page
from models.reads.people import require
from models.reads.viewer import Onlooker
from models.rules.approval_policy import ApprovalPolicy
from models.rules.compliance import preset
from models.rules.policy import Action
from models.store.approval_policy import kept_policy, replace_policy
from models.store.changes import Kept
from web.auth.viewer import Viewer
from web.forms import reason_in, version_in
from web.pages.admin import change, given_by
from web.pages.page import Posted, Read, SignedIn, Template, Used, go_to, or_show_again, show

router = APIRouter()

ADDRESS = "/admin/compliance"
COMPLIANCE = Template("admin_compliance.html", "admin_compliance.html", fields=frozenset({"reason"}))


@router.get(ADDRESS)
def compliance(viewer: SignedIn, request: Request) -> Response:
    """Each rule with its source, whether it is met, and since when."""
    return show(request, viewer, COMPLIANCE, _read(viewer))


@router.get(f"{ADDRESS}/preset")
@router.get(f"{ADDRESS}/trial")
def sent(viewer: SignedIn) -> Response:
    """Where a refused form leaves the browser: whoever asks for that address again wants the rules."""
    return go_to(ADDRESS)


@router.post(f"{ADDRESS}/preset")
async def apply_preset(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """Let every rule be met, in one change with a reason. Sent twice it is one change."""

    def do() -> Kept[ApprovalPolicy]:
        given, version, reason = given_by(viewer, form), version_in(form), reason_in(form)
        if not reason:
            raise ReasonRequired("Say why the preset is applied: auditors read it.")

        def write(session: WriteSession) -> Kept[ApprovalPolicy]:
            content = preset(kept_policy(session, viewer.tenant_id).content)
            return replace_policy(session, given, version, content, reason)

        return change(viewer, use, Action.MANAGE_APPROVAL, write)

    async def give() -> Response:
        await run_in_threadpool(do)
        await use.see_to_periods(viewer.tenant_id)
        return go_to(ADDRESS, "The preset is applied. It holds from now on, also for what waits already.")

    return await or_show_again(request, viewer, COMPLIANCE, _read(viewer), form, give())


@router.post(f"{ADDRESS}/trial")
async def try_preset(viewer: SignedIn, form: Posted, request: Request, use: Used) -> Response:
    """See what the preset would have done to the last quarter. It changes nothing."""

    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        require(session, onlooker, Action.MANAGE_APPROVAL)
        found = _read(viewer)(session, onlooker)
        present = found["compliance"].policy.content
        return found | {"trial": try_policy(session, onlooker, present, preset(present), use.now())}

    def look() -> Response:
        return show(request, viewer, COMPLIANCE, read, form=form)

    return await or_show_again(request, viewer, COMPLIANCE, _read(viewer), form, run_in_threadpool(look))


def _read(viewer: Viewer) -> Read:
    def read(session: ReadSession, onlooker: Onlooker) -> dict[str, Any]:
        return {
            "compliance": _in_zone(compliance_page(session, onlooker), viewer),
            "trial": None,
            "page_title": "Compliance",
        }

    return read


def _in_zone(found: ComplianceShown, viewer: Viewer) -> ComplianceShown:
    last = found.last_check
    return replace(
        found,
        rules=tuple(_rule_in_zone(each, viewer) for each in found.rules),
        last_check=replace(last, at=last.at.astimezone(viewer.zone)) if last else None,
    )


def _rule_in_zone(shown: RuleShown, viewer: Viewer) -> RuleShown:
    since = shown.since
    return replace(shown, since=replace(since, at=since.at.astimezone(viewer.zone))) if since else shown
