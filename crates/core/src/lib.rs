//! The Holdfast engine: queue, merge, sync rules. Pure: no platform, no clock, no randomness of its own.
