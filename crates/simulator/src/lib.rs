//! Many devices, a server and a bad network in one deterministic process, by seed.
