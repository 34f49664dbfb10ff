"""Sites and contacts in files: read, compared with the station, written; and given."""
