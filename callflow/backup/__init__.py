"""The station in another place: backed up while it works, restored where nothing is."""
