"""Messages that leave the station other than by phone."""
