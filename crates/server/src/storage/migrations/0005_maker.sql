-- The device that made a record under an id of its own: it alone is told that id. It was looked up in the history, record
-- by record, for each page of a delta.
ALTER TABLE records ADD COLUMN maker TEXT;
UPDATE records
SET maker = (SELECT device_id FROM history WHERE entity = records.entity AND id = records.id AND version = 1)
WHERE local_id IS NOT NULL;
