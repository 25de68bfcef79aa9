-- Events in DuckDB, run beside the file of events: duckdb < duckdb.sql
CREATE OR REPLACE VIEW events AS
SELECT * FROM read_ndjson_objects('events.ndjson') AS lines(event);

-- The last event of each incident, worst first. arg_max picks a whole row; any_value would mix rows.
SELECT
    event->>'$.incident.id' AS id,
    arg_max(event->>'$.incident.severity', (event->>'$.seq')::BIGINT) AS severity,
    arg_max(event->>'$.incident.state', (event->>'$.seq')::BIGINT) AS state,
    arg_max(event->>'$.incident.title', (event->>'$.seq')::BIGINT) AS title,
    arg_max((event->>'$.incident.failed')::BIGINT, (event->>'$.seq')::BIGINT) AS failed,
    max((event->>'$.emitted')::TIMESTAMPTZ) AS updated
FROM events
WHERE event->>'$.event_type' = 'incident'
GROUP BY ALL
HAVING state IS DISTINCT FROM 'withdrawn'
ORDER BY failed DESC, id;

-- All evidence of each finding: an update holds only packets that no earlier event with its id held.
SELECT
    event->>'$.finding.id' AS id,
    arg_max(event->>'$.finding.summary', (event->>'$.seq')::BIGINT) AS summary,
    list_sort(list_distinct(flatten(list((event->'$.finding.evidence[*].frame')::BIGINT[])))) AS packets
FROM events
WHERE event->>'$.event_type' = 'finding'
GROUP BY id
ORDER BY id;

-- Events that an output lost: gaps in seq.
SELECT sensor, seq - previous - 1 AS lost, emitted
FROM (
    SELECT
        event->>'$.sensor' AS sensor,
        (event->>'$.seq')::BIGINT AS seq,
        (event->>'$.emitted')::TIMESTAMPTZ AS emitted,
        lag((event->>'$.seq')::BIGINT) OVER (PARTITION BY event->>'$.sensor' ORDER BY (event->>'$.emitted')) AS previous
    FROM events
)
WHERE seq - previous > 1
ORDER BY emitted;
