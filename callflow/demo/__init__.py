"""The demo: its station, sites, panel and hardware receiver."""
