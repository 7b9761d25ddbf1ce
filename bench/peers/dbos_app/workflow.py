"""The workflow of a submission: it is recorded, then it waits until somebody has decided."""

from dbos import DBOS

from bench.peers.dbos_app.store import decide, record

DECISIONS = "decisions"
LONGEST_SECONDS = 14 * 24 * 60 * 60


@DBOS.workflow()
def approval(owner: int, week: str, minutes: int, digest: str) -> str:
    """One submission, from its certification to the decision on it."""
    submission = DBOS.workflow_id
    record(submission, owner, week, minutes, digest)
    supervisor = DBOS.recv(DECISIONS, LONGEST_SECONDS)
    if supervisor is None:
        return "submitted"
    decide(submission, supervisor)
    return "approved"
