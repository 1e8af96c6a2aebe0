#!/bin/sh
# A new password of the database, in deploy/secrets: for PostgreSQL, and for those that connect to it. Only you can enter
# that folder; its files can be read by all because each container has a user of its own.
set -eu
umask 022
cd "$(dirname "$0")"
mkdir -m 700 secrets
od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > secrets/postgres-password
printf '[contactbench]\npassword=%s\n' "$(cat secrets/postgres-password)" > secrets/pg_service.conf
