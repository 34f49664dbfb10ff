"""The processes of a station that have no telephone, and what they share."""
