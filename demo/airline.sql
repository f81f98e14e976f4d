-- The airline's own database, made by its administrator: what the demo company had before Countersign came.
-- 14 tools that its support agent uses, three that it may execute and never does, and the ways in which access lives on.

CREATE ROLE airline_owner NOLOGIN;
COMMENT ON ROLE airline_owner IS 'Owns the reservation schemas. Answers: Rosa Reyes';
CREATE ROLE airline_staff NOLOGIN;
CREATE ROLE dba_two LOGIN;
CREATE ROLE airline_support LOGIN;
CREATE ROLE rebooking_helper LOGIN;
CREATE ROLE legacy_batch LOGIN;
CREATE ROLE ops_briefing LOGIN;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA tools AUTHORIZATION airline_owner;
CREATE SCHEMA reports AUTHORIZATION airline_owner;
CREATE SCHEMA archive AUTHORIZATION airline_owner;
SET ROLE airline_owner;

CREATE TABLE archive.fares_2019 (route text, fare numeric);
CREATE TABLE archive.crew_rosters (flight text, crew text);
CREATE TABLE archive.loyalty_tiers (passenger text, miles integer);
CREATE TABLE archive.baggage_claims (reservation text, claim text);
CREATE TABLE archive.kiosk_scans (passenger text, scan bytea);

CREATE TABLE tools.airports (code text PRIMARY KEY, city text);
INSERT INTO tools.airports VALUES ('CPH', 'Copenhagen'), ('JFK', 'New York'), ('SFO', 'San Francisco');
CREATE TABLE tools.flights (number text, origin text, destination text, day date, seats integer, price numeric);
INSERT INTO tools.flights VALUES ('MA101', 'CPH', 'JFK', '2026-12-01', 40, 410), ('MA202', 'JFK', 'SFO', '2026-12-01', 12, 220);
CREATE TABLE tools.users (id text PRIMARY KEY, name text, email text, balance numeric NOT NULL DEFAULT 0);
INSERT INTO tools.users VALUES ('ada_1', 'Ada Berg', 'ada@example.org', 0);
CREATE TABLE tools.reservations (
    id text PRIMARY KEY, user_id text REFERENCES tools.users, flight text, bags integer NOT NULL DEFAULT 0,
    passengers text[] NOT NULL DEFAULT '{}', state text NOT NULL DEFAULT 'booked', paid numeric NOT NULL DEFAULT 0
);
INSERT INTO tools.reservations VALUES ('R1', 'ada_1', 'MA101', 1, '{Ada Berg}', 'booked', 410);

CREATE FUNCTION tools.list_all_airports() RETURNS SETOF tools.airports LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT * FROM tools.airports';
CREATE FUNCTION tools.get_user_details(wanted text) RETURNS tools.users LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT * FROM tools.users WHERE id = wanted';
CREATE FUNCTION tools.get_reservation_details(wanted text) RETURNS tools.reservations LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT * FROM tools.reservations WHERE id = wanted';
CREATE FUNCTION tools.search_direct_flight(origin text, destination text, day date) RETURNS SETOF tools.flights LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT * FROM tools.flights f WHERE f.origin = $1 AND f.destination = $2 AND f.day = $3';
CREATE FUNCTION tools.search_onestop_flight(origin text, destination text, day date) RETURNS TABLE (first text, second text) LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT a.number, b.number FROM tools.flights a JOIN tools.flights b ON a.destination = b.origin AND a.day = b.day
        WHERE a.origin = $1 AND b.destination = $2 AND a.day = $3';
CREATE FUNCTION tools.book_reservation(reservation text, customer text, flight text) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'INSERT INTO tools.reservations (id, user_id, flight) VALUES ($1, $2, $3) RETURNING id';
CREATE FUNCTION tools.cancel_reservation(reservation text) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.reservations SET state = ''cancelled'' WHERE id = $1 RETURNING state';
CREATE FUNCTION tools.update_reservation_flights(reservation text, flight text) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.reservations SET flight = $2 WHERE id = $1 RETURNING flight';
CREATE FUNCTION tools.update_reservation_baggages(reservation text, bags integer) RETURNS integer LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.reservations SET bags = $2 WHERE id = $1 RETURNING bags';
CREATE FUNCTION tools.update_reservation_passengers(reservation text, passengers text[]) RETURNS text[] LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.reservations SET passengers = $2 WHERE id = $1 RETURNING passengers';
CREATE FUNCTION tools.send_certificate(customer text, amount numeric) RETURNS numeric LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.users SET balance = balance + $2 WHERE id = $1 RETURNING balance';
CREATE FUNCTION tools.calculate(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION tools.think(thought text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT thought';
CREATE FUNCTION tools.transfer_to_human_agents(summary text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT summary';

-- What the support agent may execute and never does.
CREATE FUNCTION tools.delete_user_profile(customer text) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.users SET name = ''deleted'', email = NULL WHERE id = $1 RETURNING id';
CREATE FUNCTION tools.export_passenger_manifest(flight text) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT unnest(passengers) FROM tools.reservations r WHERE r.flight = $1';
CREATE FUNCTION tools.refund_payment(reservation text) RETURNS numeric LANGUAGE sql SECURITY DEFINER
    AS 'UPDATE tools.reservations SET paid = 0 WHERE id = $1 RETURNING paid';
CREATE FUNCTION reports.refunds_by_agent(day date) RETURNS TABLE (agent text, refunds bigint) LANGUAGE sql STABLE SECURITY DEFINER
    AS 'SELECT ''airline-support'', count(*) FROM tools.reservations WHERE paid = 0';
CREATE FUNCTION reports.punctuality(day date) RETURNS numeric LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT 0.97';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tools, reports FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tools TO airline_support;
GRANT USAGE ON SCHEMA tools TO airline_support, airline_staff, dba_two, rebooking_helper;
GRANT USAGE ON SCHEMA reports TO ops_briefing;
GRANT USAGE ON SCHEMA archive TO legacy_batch;

-- Tool 2: somebody once let everyone run it.
GRANT EXECUTE ON FUNCTION tools.export_passenger_manifest(text) TO PUBLIC;
GRANT USAGE ON SCHEMA tools TO PUBLIC;
-- Tool 3: a role has it too, and a second administrator granted it once more.
GRANT EXECUTE ON FUNCTION tools.refund_payment(text) TO airline_staff;
GRANT EXECUTE ON FUNCTION tools.refund_payment(text) TO dba_two WITH GRANT OPTION;
RESET ROLE;
GRANT airline_staff TO airline_support;
SET ROLE dba_two;
GRANT EXECUTE ON FUNCTION tools.refund_payment(text) TO airline_support;
RESET ROLE;

SET ROLE airline_owner;
GRANT EXECUTE ON FUNCTION tools.search_direct_flight(text, text, date) TO rebooking_helper;
GRANT EXECUTE ON FUNCTION reports.refunds_by_agent(date), reports.punctuality(date) TO ops_briefing;
GRANT SELECT ON archive.fares_2019, archive.crew_rosters, archive.loyalty_tiers, archive.baggage_claims, archive.kiosk_scans TO legacy_batch;
RESET ROLE;
