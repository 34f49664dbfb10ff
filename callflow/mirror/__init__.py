"""A station on two sites: its PostgreSQL cluster, who acts, and the files that go with the rows."""
