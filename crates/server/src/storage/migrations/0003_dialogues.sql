-- What each device holds, by what it is known to have heard, and what was said to it beside that. Positions of the
-- change log say too little to be carried over: devices are told to begin anew.
DROP TABLE memberships;

CREATE TABLE memberships (
    device     TEXT NOT NULL,
    entity     TEXT NOT NULL,
    id         TEXT NOT NULL,
    membership TEXT NOT NULL,
    PRIMARY KEY (device, entity, id)
) STRICT, WITHOUT ROWID;

-- The newest cursor that a device presented, and the answers given since, as JSON.
CREATE TABLE dialogues (
    device     TEXT NOT NULL,
    entity_set TEXT NOT NULL,
    dialogue   TEXT NOT NULL,
    PRIMARY KEY (device, entity_set)
) STRICT, WITHOUT ROWID;
