"""What the station finds out by itself."""
