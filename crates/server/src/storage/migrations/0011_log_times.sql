-- When the change log reached a position, in microseconds since the Unix epoch. Times rise strictly with the position, whatever
-- the clock did: a row stands where a run begins, and each position behind it in the run is a microsecond later.
CREATE TABLE log_times (
    sequence INTEGER PRIMARY KEY,
    time     INTEGER NOT NULL UNIQUE
) STRICT;

INSERT INTO log_times
SELECT min(sequence), start + min(sequence)
FROM (SELECT sequence, max(at * 1000 + 999 - sequence) OVER (ORDER BY sequence) AS start FROM history)
GROUP BY start;

DROP INDEX records_by_time;
