-- An alias belongs to the device that made it: another device that uses the same text means something else.
CREATE TABLE aliases_by_device (
    device   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    local_id TEXT NOT NULL,
    id       TEXT NOT NULL,
    PRIMARY KEY (device, entity, local_id)
) STRICT, WITHOUT ROWID;

INSERT INTO aliases_by_device
SELECT records.maker, aliases.entity, aliases.local_id, aliases.id
FROM aliases
JOIN records ON records.entity = aliases.entity AND records.id = aliases.id
WHERE records.maker IS NOT NULL;

DROP TABLE aliases;
ALTER TABLE aliases_by_device RENAME TO aliases;
