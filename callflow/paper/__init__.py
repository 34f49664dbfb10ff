"""Documents for people: laid out by weasyprint, apart from all else, and kept on the disk."""
