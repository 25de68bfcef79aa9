-- Events in ClickHouse: INSERT INTO synopsis_events SELECT … from a file of events, as below.
CREATE TABLE IF NOT EXISTS synopsis_events
(
    sensor LowCardinality(String),
    seq UInt64,
    emitted DateTime64(9, 'UTC'),
    timestamp DateTime64(9, 'UTC'),
    event_type LowCardinality(String),
    id String,
    src_ip String,
    dest_ip String,
    dest_port UInt16,
    service LowCardinality(String),
    pathology LowCardinality(String),
    severity LowCardinality(String),
    state LowCardinality(String),
    title String,
    failed UInt64,
    connections UInt64,
    event String
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(emitted)
ORDER BY (sensor, emitted, seq)
TTL toDateTime(emitted) + INTERVAL 90 DAY;

INSERT INTO synopsis_events
SELECT
    JSONExtractString(line, 'sensor'),
    JSONExtractUInt(line, 'seq'),
    parseDateTime64BestEffort(JSONExtractString(line, 'emitted'), 9, 'UTC'),
    parseDateTime64BestEffort(JSONExtractString(line, 'timestamp'), 9, 'UTC'),
    JSONExtractString(line, 'event_type') AS type,
    JSONExtractString(line, type, 'id'),
    JSONExtractString(line, 'src_ip'),
    JSONExtractString(line, 'dest_ip'),
    toUInt16(JSONExtractUInt(line, 'dest_port')),
    JSONExtractString(line, 'service', 'name'),
    JSONExtractString(line, type, 'pathology'),
    JSONExtractString(line, type, 'severity'),
    JSONExtractString(line, type, if(type = 'incident', 'state', 'status')),
    JSONExtractString(line, type, if(type = 'incident', 'title', 'summary')),
    JSONExtractUInt(line, type, 'failed'),
    JSONExtractUInt(line, type, 'connections'),
    line
FROM file('events.ndjson', 'LineAsString');

-- The last event of each incident, worst first.
SELECT
    id,
    argMax(severity, (emitted, seq)) AS severity,
    argMax(state, (emitted, seq)) AS state,
    argMax(title, (emitted, seq)) AS title,
    argMax(failed, (emitted, seq)) AS failed,
    min(timestamp) AS since,
    max(emitted) AS updated
FROM synopsis_events
WHERE event_type = 'incident'
GROUP BY id
HAVING state != 'withdrawn'
ORDER BY failed DESC, id;

-- All evidence of each finding: an update holds only packets that no earlier event with its id held.
SELECT
    id,
    argMax(title, (emitted, seq)) AS summary,
    arraySort(arrayDistinct(arrayFlatten(groupArray(
        arrayMap(packet -> JSONExtractUInt(packet, 'frame'), JSONExtractArrayRaw(event, 'finding', 'evidence'))
    )))) AS packets
FROM synopsis_events
WHERE event_type = 'finding'
GROUP BY id
ORDER BY id;
