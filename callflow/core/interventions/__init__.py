"""Help that is sent or asked for: services within the law, guards on site."""
