"""Who is sent or asked to help: services within the law, guards on site."""
