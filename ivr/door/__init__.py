"""The door that browsers' telephones come in by, a small process of its own before Asterisk."""
