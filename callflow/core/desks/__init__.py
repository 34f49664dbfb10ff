"""The desks: shifts, roster, presence, and whom the waiting line rings."""
