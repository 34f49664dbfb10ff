"""An incident's report: what is known of it, and what each of its readers is shown. Pure."""
