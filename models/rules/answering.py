"""Who is asked afterwards whether what somebody else did in their place is right."""

from uuid import UUID

from models.rules.transitions import OF_THE_APPROVER, REVIEWED, CommandKind


def who_answers(
    kind: CommandKind, owner_id: UUID, actor_id: UUID | None, on_behalf_of_id: UUID | None, ad_hoc: bool
) -> UUID | None:
    """Before whom an act is put: the owner of the time, or the approver whose decision it is; None: nobody.

    `ad_hoc`: it was given on somebody's behalf without a grant of theirs. Whoever granted a delegation has said
    beforehand that it is right, and whoever acts in their own right as an approver answers for it themselves.
    """
    if actor_id is None:
        return None
    if kind in OF_THE_APPROVER:
        return on_behalf_of_id if ad_hoc else None
    return owner_id if kind in REVIEWED and actor_id != owner_id else None
