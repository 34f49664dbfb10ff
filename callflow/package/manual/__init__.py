"""The manual: ``docs/`` and what is generated from the code, made into pages (``./run docs``)."""
