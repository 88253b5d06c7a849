-- Where in the change log a time lies: readers that are no devices begin at one.
CREATE INDEX records_by_time ON records (updated_at, sequence);
