"""Makes the tables and people, and writes their sessions: `python -m bench.peers.viewflow_app.found FILE 8 16`."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import django
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command

SIGNED_IN_BY = "django.contrib.auth.backends.ModelBackend"


def main(file: Path, supervisors: int, workers: int) -> None:
    """Supervisors first; the workers belong to them in turn."""
    django.setup()
    from django.contrib.auth.models import Permission, User

    from bench.peers.viewflow_app.models import Employee

    import_module("bench.peers.viewflow_app.flows")  # its permissions are made with the tables
    call_command("migrate", verbosity=0)
    may_certify = Permission.objects.get(codename="can_certify_approval")
    leads = [User.objects.create_user(f"supervisor-{number}") for number in range(supervisors)]
    people = [User.objects.create_user(f"worker-{number}") for number in range(workers)]
    for number, person in enumerate(people):
        person.user_permissions.add(may_certify)
        Employee.objects.create(user=person, supervisor=leads[number % supervisors])
    file.write_text(json.dumps({"supervisors": _signed_in(leads), "workers": _signed_in(people)}))


def _signed_in(users: Sequence) -> list[str]:
    """A session of each, as signing in by a page begins it."""
    from django.contrib.sessions.backends.db import SessionStore

    keys = []
    for user in users:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = SIGNED_IN_BY
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    return keys


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
