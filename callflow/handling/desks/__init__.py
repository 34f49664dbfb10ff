"""The desks: shifts, roster, presence, and the waiting line."""
