"""What leaves the station, as pages."""
