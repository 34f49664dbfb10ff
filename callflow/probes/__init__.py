"""Probes: what a machine of the station can find out about itself. Shells without rows."""
