-- Browsers that signed in to an account before, by the SHA-256 of the token they were given.
CREATE TABLE known_browsers (
    hash         BLOB    NOT NULL,
    user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    signed_in_at INTEGER NOT NULL,
    PRIMARY KEY (hash, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_browsers_by_user ON known_browsers (user_id, signed_in_at);

-- A change of the account ends all of its sessions.
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX authorization_codes_by_user ON authorization_codes (user_id);
