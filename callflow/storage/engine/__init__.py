"""The database: one writer, a pool of readers, locks, wake-ups, schema upgrades."""
