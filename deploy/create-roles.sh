#!/bin/sh
# Run once by the PostgreSQL container, on an empty volume: who owns what. The application's role is made by
# `countersign migrate`, which knows what it may do.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set=owner_password="$OWNER_PASSWORD" --set=temporal_password="$TEMPORAL_PASSWORD" <<'SQL'
create role countersign_owner login createrole password :'owner_password';
create database countersign owner countersign_owner;

create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
SQL
