"""An alarm's evidence file: what is disclosed is put together, signed, stamped and packed."""
