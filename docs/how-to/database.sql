-- What an administrator of the PostgreSQL server does once, before `manage.py migrate`:
--
--     psql "postgres://postgres@HOST/postgres" -f docs/how-to/database.sql
--
-- Four groups that nobody logs in as. Migrations grant to the groups; log-ins are members of one each.
-- Nothing here changes a role that exists: "already exists" means that this step is done.

-- Owns the database and everything in it, evidence too. Used by `manage.py migrate` alone.
CREATE ROLE countersign_owner NOLOGIN;

-- The site, workers and the timetable. Adds to the ledger through a function; owns nothing.
CREATE ROLE countersign_app NOLOGIN;

-- `manage.py sequence`: puts committed entries in their order and signs checkpoints.
CREATE ROLE countersign_sequencer NOLOGIN;

-- Reads, and writes nothing.
CREATE ROLE countersign_auditor NOLOGIN;

-- The log-ins and the database are yours to name. In a copy of this file, take away the dashes before the nine
-- statements that follow and choose the passwords, or let your own tooling do the same. (`make demo` and `make test`
-- make log-ins of these names by themselves.)
--
-- CREATE ROLE countersign_owner_login LOGIN PASSWORD '…' IN ROLE countersign_owner;
-- CREATE ROLE countersign_app_login LOGIN PASSWORD '…' IN ROLE countersign_app;
-- CREATE ROLE countersign_sequencer_login LOGIN PASSWORD '…' IN ROLE countersign_sequencer;
-- CREATE ROLE countersign_auditor_login LOGIN PASSWORD '…' IN ROLE countersign_auditor;
--
-- What the owner's log-in creates belongs to the group, so that a second owner's log-in can take over:
--
-- ALTER ROLE countersign_owner_login SET role = 'countersign_owner';
--
-- CREATE DATABASE countersign OWNER countersign_owner TEMPLATE template0 ENCODING 'UTF8';
-- REVOKE CONNECT, TEMPORARY ON DATABASE countersign FROM PUBLIC;
-- GRANT CONNECT ON DATABASE countersign TO countersign_app, countersign_sequencer, countersign_auditor;
-- GRANT TEMPORARY ON DATABASE countersign TO countersign_app;
--
-- Then, with the owner's log-in, and with it alone:
--
--     DATABASE_URL=postgres://countersign_owner_login:…@HOST/countersign python manage.py migrate
