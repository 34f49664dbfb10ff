"""Messages and images: asked for, sent, fetched."""
