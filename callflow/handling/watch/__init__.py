"""What the station watches: panels, lines, machines, itself."""
