"""The watch over panels, lines, machines, itself."""
