#!/bin/sh
# Brings Temporal's two databases to the schema of this image's version. Running it again changes nothing.
set -eu

schema=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
    database=${pair%%:*}
    folder=${pair##*:}
    tool="temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user temporal --database $database"
    $tool setup-schema --version 0.0
    $tool update-schema --schema-dir "$schema/$folder/versioned"
done
