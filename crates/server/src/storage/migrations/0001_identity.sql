-- Who may sign in, from which devices, with which tokens. Tokens and codes are kept as SHA-256 only.

CREATE TABLE users (
    id            TEXT    PRIMARY KEY,
    username      TEXT    NOT NULL UNIQUE,
    display_name  TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    roles         TEXT    NOT NULL,
    sites         TEXT    NOT NULL,
    demo          INTEGER NOT NULL,
    disabled      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
    id            TEXT    PRIMARY KEY,
    user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    label         TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX devices_by_user ON devices (user_id);

-- One signed-in device: a family of refresh tokens, of which `current_token` was the last one presented.
CREATE TABLE sessions (
    id            TEXT    PRIMARY KEY,
    user_id       TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device_id     TEXT    NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    current_token BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER,
    revocation    TEXT
) STRICT;

CREATE INDEX sessions_by_device ON sessions (device_id);

CREATE TABLE refresh_tokens (
    hash          BLOB    PRIMARY KEY,
    session_id    TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent        BLOB,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE access_tokens (
    hash          BLOB    PRIMARY KEY,
    session_id    TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX access_tokens_by_session ON access_tokens (session_id);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- `spent` is set by the first use; `session_id` names what that use opened, to be revoked if the code is replayed.
CREATE TABLE authorization_codes (
    hash           BLOB    PRIMARY KEY,
    user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    redirect_uri   TEXT    NOT NULL,
    code_challenge TEXT    NOT NULL,
    expires_at     INTEGER NOT NULL,
    spent          INTEGER NOT NULL,
    session_id     TEXT    REFERENCES sessions (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);
