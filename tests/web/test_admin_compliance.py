"""The rules for US government contractors, as administrators apply them and auditors read them."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from models.rules.compliance import KEPT_YEARS, RULES
from models.rules.transitions import State
from models.tables.people import DirectoryChange, TenantPolicy
from models.tables.timecard import TimeEntryVersion
from tests.factories import Organisation, change_policy, make_organisation
from tests.web.conftest import Browser, Site, page_of

COMPLIANCE = "/admin/compliance"
PRESET = f"{COMPLIANCE}/preset"
TRIAL = f"{COMPLIANCE}/trial"
WHY = "We have a contract with the Navy."


@pytest.fixture
def suzanne(site: Site, org: Organisation) -> Browser:
    return site.browser(org, org.suzanne)


@pytest.fixture
def diana(site: Site, org: Organisation) -> Browser:
    """The auditor."""
    return site.browser(org, org.diana)


def policy(site: Site, org: Organisation) -> TenantPolicy:
    found: TenantPolicy
    (found,) = site.rows(org, TenantPolicy)
    return found


async def apply(browser: Browser, reason: str = WHY) -> object:
    return await browser.send((await browser.page(COMPLIANCE)).form(PRESET), reason=reason)


class TestReading:
    async def test_each_rule_stands_with_its_source_and_whether_it_is_met(self, suzanne: Browser) -> None:
        page = await suzanne.page(COMPLIANCE)

        for rule in RULES:
            assert rule.title in page.main.text
            assert all(source.citation in page.main.text for source in rule.sources)
        assert "8 of 15 rules are met" in page.main.text
        assert "FAR 4.703(d)" in page.main.text
        assert "Not checked yet" in page.main.text

    async def test_the_preset_is_previewed_setting_by_setting(self, suzanne: Browser) -> None:
        text = (await suzanne.page(COMPLIANCE)).main.text

        assert "Work on projects ahead of time is refused no would become → yes" in text
        assert f"Records are kept for years nothing would become → {KEPT_YEARS}" in text
        assert "Reminders to record" not in text

    async def test_auditors_read_it_and_change_nothing(self, site: Site, diana: Browser, org: Organisation) -> None:
        page = await diana.page(COMPLIANCE)

        assert "What the preset would change" in page.main.text
        assert not page.offers(PRESET)
        assert "/admin/approval" not in page.links
        for address in (PRESET, TRIAL):
            page_of(await diana.post_form(address, version="0", reason=WHY), 404)
        assert site.rows(org, DirectoryChange) == []

    @pytest.mark.parametrize("who", ["duane", "roland"])
    async def test_nobody_else_finds_it(self, site: Site, org: Organisation, who: str) -> None:
        browser = site.browser(org, getattr(org, who))

        page_of(await browser.get(COMPLIANCE), 404)
        for address in (PRESET, TRIAL):
            page_of(await browser.post_form(address, version="0", reason=WHY), 404)
        assert site.rows(org, DirectoryChange) == []


class TestApplying:
    async def test_one_step_meets_every_rule_and_is_on_record_with_its_reason(
        self, site: Site, suzanne: Browser, diana: Browser, org: Organisation
    ) -> None:
        await suzanne.follow(await apply(suzanne))  # type: ignore[arg-type]

        kept = policy(site, org)
        assert (kept.refuse_future_work, kept.account_for_days, kept.explain_changes) == (True, True, True)
        assert (kept.view_before_approving, kept.answer_acts_first, kept.retention_years) == (True, True, KEPT_YEARS)
        assert kept.late_after_working_days == 1
        (change,) = site.rows(org, DirectoryChange)
        assert (change.reason, change.changed_by_id) == (WHY, org.suzanne)
        page = await diana.page(COMPLIANCE)
        assert "15 of 15 rules are met" in page.main.text
        assert "What the preset would change" not in page.main.text
        assert "by Suzanne Modeski" in page.main.text
        assert WHY in page.main.text
        assert WHY in (await suzanne.page("/admin/approval")).text

    async def test_the_same_form_twice_is_one_change(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        form = (await suzanne.page(COMPLIANCE)).form(PRESET)
        for _ in range(2):
            await suzanne.follow(await suzanne.send(form, reason=WHY))

        assert len(site.rows(org, DirectoryChange)) == 1

    async def test_without_a_reason_nothing_is_changed(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        page = page_of(await apply(suzanne, " "), 400)  # type: ignore[arg-type]

        assert "Say why" in page.problem("reason")
        assert site.rows(org, DirectoryChange) == []

    async def test_a_policy_that_somebody_changed_meanwhile_is_looked_at_again(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        form = (await suzanne.page(COMPLIANCE)).form(PRESET)
        approval = (await suzanne.page("/admin/approval")).form("/admin/approval")
        await suzanne.follow(await suzanne.send(approval, lockAfterDays="7"))

        page = page_of(await suzanne.send(form, reason=WHY), 412)

        assert "Somebody changed this policy meanwhile" in page.text
        assert not policy(site, org).refuse_future_work

    async def test_whoever_leaves_it_says_why(self, site: Site, suzanne: Browser, org: Organisation) -> None:
        await suzanne.follow(await apply(suzanne))  # type: ignore[arg-type]
        form = (await suzanne.page("/admin/approval")).form("/admin/approval")
        del form.fields["explainChanges"]

        page = page_of(await suzanne.send(form), 400)

        assert "Say why that is to end." in page.problem("reason")
        assert "explainChanges" not in page.form("/admin/approval").fields
        assert policy(site, org).explain_changes

    async def test_whoever_deviates_is_told_that_it_does_not_meet_since_when_and_by_whom(
        self, site: Site, suzanne: Browser, org: Organisation
    ) -> None:
        await suzanne.follow(await apply(suzanne))  # type: ignore[arg-type]
        form = (await suzanne.page("/admin/approval")).form("/admin/approval")
        del form.fields["explainChanges"]
        await suzanne.follow(await suzanne.send(form, reason="The Navy is gone."))

        page = await suzanne.page(COMPLIANCE)
        assert "14 of 15 rules are met" in page.main.text
        (row,) = page.root.all(id="rule-explained_changes")
        assert "Does not meet" in row.text
        assert "by Suzanne Modeski" in row.text
        assert "The Navy is gone." in row.text
        assert page.offers(PRESET)

    @pytest.mark.parametrize("years", ["", "4"])
    async def test_how_long_records_are_kept_is_not_shortened_on_the_page_either(
        self, site: Site, suzanne: Browser, org: Organisation, years: str
    ) -> None:
        await suzanne.follow(await apply(suzanne))  # type: ignore[arg-type]
        form = (await suzanne.page("/admin/approval")).form("/admin/approval")

        page = page_of(await suzanne.send(form, retentionYears=years), 400)
        assert "never shorter" in page.problem("retentionYears")
        assert policy(site, org).retention_years == KEPT_YEARS
        page_of(await suzanne.post_form("/admin/approval/trial", **form.fields | {"retentionYears": years}), 400)
        await suzanne.follow(await suzanne.send(form, retentionYears="9"))
        assert policy(site, org).retention_years == 9


class TestTrying:
    async def test_it_forecasts_what_the_rules_would_have_refused_and_changes_nothing(
        self, site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
    ) -> None:
        key = await site.bring_to(org, State.APPROVED)
        with owner_engine.begin() as connection:
            theirs = update(TimeEntryVersion).where(TimeEntryVersion.timesheet_id == key.timesheet_id)
            connection.execute(
                theirs.values(
                    recorded_at=TimeEntryVersion.start_at - timedelta(days=1), project_id=org.projects["proj-533"]
                )
            )
        before = site.contents(org)
        form = (await suzanne.page(COMPLIANCE)).form(PRESET)

        page = page_of(await suzanne.post_form(TRIAL, **form.fields), 200)

        assert "1 would have gone otherwise. Nothing was changed." in page.text
        assert "Entries on projects ahead of time 0 would have been → 1" in page.text
        assert "Timesheets with days that are not accounted for 0 would have been → 1" in page.text
        assert "Approvals without having opened it 0 would have been → 1" in page.text
        assert "1 on projects ahead of time; 4 days not accounted for; approved without having been opened" in page.text
        assert f"/history/{key.timesheet_id}" in page.links
        assert site.contents(org) == before

    async def test_submissions_of_others_are_not_looked_at(
        self, site: Site, suzanne: Browser, owner_engine: Engine
    ) -> None:
        await site.bring_to(make_organisation(owner_engine), State.APPROVED)
        form = (await suzanne.page(COMPLIANCE)).form(PRESET)

        assert "0 submissions since" in page_of(await suzanne.post_form(TRIAL, **form.fields), 200).text

    async def test_the_address_alone_leads_back(self, suzanne: Browser) -> None:
        for address in (PRESET, TRIAL):
            answer = await suzanne.get(address)
            assert (answer.status_code, answer.headers["Location"]) == (303, COMPLIANCE)


async def test_one_organisations_preset_is_nobody_elses(
    site: Site, suzanne: Browser, org: Organisation, owner_engine: Engine
) -> None:
    other = make_organisation(owner_engine)
    change_policy(owner_engine, other, refuse_future_work=True)

    assert "8 of 15 rules are met" in (await suzanne.page(COMPLIANCE)).main.text
    assert not policy(site, org).refuse_future_work
