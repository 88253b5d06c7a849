-- Ties each audit entry to all before it. Entries from before the chain have an empty hash.
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
