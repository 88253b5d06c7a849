-- Records, how they came about, and what each device was sent. Times are milliseconds since the Unix epoch.

-- The epoch and counters.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every record at its current version; a deleted one stays as its tombstone. `sequence` is the change log: each
-- record stands in it once, at the position of its last change.
CREATE TABLE records (
    entity     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    fields     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL,
    local_id   TEXT,
    deleted    INTEGER NOT NULL,
    PRIMARY KEY (entity, id)
) STRICT;

CREATE UNIQUE INDEX records_by_sequence ON records (sequence);

-- Every version: `changes` holds { field: { from, to } }.
CREATE TABLE history (
    entity    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    user_id   TEXT    NOT NULL,
    user_name TEXT    NOT NULL,
    roles     TEXT    NOT NULL,
    device_id TEXT    NOT NULL,
    act       TEXT    NOT NULL,
    changes   TEXT    NOT NULL,
    PRIMARY KEY (entity, id, version)
) STRICT, WITHOUT ROWID;

-- Values that one record of an entity may hold at a time.
CREATE TABLE unique_values (
    entity TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (entity, name, value)
) STRICT, WITHOUT ROWID;

-- Ids that devices made while offline, kept for good.
CREATE TABLE aliases (
    entity   TEXT NOT NULL,
    local_id TEXT NOT NULL,
    id       TEXT NOT NULL,
    PRIMARY KEY (entity, local_id)
) STRICT, WITHOUT ROWID;

-- The first answer to every write of every device.
CREATE TABLE ledger (
    device TEXT NOT NULL,
    key    TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (device, key)
) STRICT, WITHOUT ROWID;

-- What each device was sent and told to drop, and at which position of the change log.
CREATE TABLE memberships (
    device  TEXT    NOT NULL,
    entity  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    sent_at INTEGER NOT NULL,
    left_at INTEGER,
    PRIMARY KEY (device, entity, id)
) STRICT, WITHOUT ROWID;

-- Both are asked for what lies after the device's position, which is next to nothing.
CREATE INDEX memberships_by_sent ON memberships (device, sent_at);
CREATE INDEX memberships_by_left ON memberships (device, left_at) WHERE left_at IS NOT NULL;

CREATE TABLE audit (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    id        TEXT    NOT NULL UNIQUE,
    at        INTEGER NOT NULL,
    entity    TEXT    NOT NULL,
    record_id TEXT    NOT NULL,
    user_id   TEXT    NOT NULL,
    entry     TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_by_record ON audit (entity, record_id, number);
CREATE INDEX audit_by_user ON audit (user_id, number);
