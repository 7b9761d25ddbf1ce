"""Makes the tables and people, and writes their keys: `python -m bench.peers.dbos_app.found FILE 8 16`."""

import json
import secrets
import sys
from pathlib import Path

from dbos import DBOS
from sqlalchemy import text

from bench.peers.dbos_app.store import ADD, CONFIG, ENGINE, TABLES, hashed


def main(file: Path, supervisors: int, workers: int) -> None:
    """Supervisors first; the workers belong to them in turn."""
    DBOS(config=CONFIG)
    DBOS.launch()
    keys = [secrets.token_urlsafe() for _ in range(supervisors + workers)]
    with ENGINE.begin() as connection:
        connection.execute(text(TABLES))
        for number, key in enumerate(keys):
            supervisor = None if number < supervisors else (number - supervisors) % supervisors
            connection.execute(ADD, {"id": number, "key_hash": hashed(key), "supervisor_id": supervisor})
    DBOS.destroy()
    file.write_text(json.dumps({"supervisors": keys[:supervisors], "workers": keys[supervisors:]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
