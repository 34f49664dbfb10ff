"""What leaves the station, over the API."""
