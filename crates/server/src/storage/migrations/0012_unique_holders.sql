-- A value may have several holders: records that were there before it had to be unique. Each keeps its claim.
CREATE TABLE unique_holders (
    entity TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (entity, name, value, id)
) STRICT, WITHOUT ROWID;

INSERT INTO unique_holders SELECT entity, name, value, id FROM unique_values;
DROP TABLE unique_values;
ALTER TABLE unique_holders RENAME TO unique_values;
