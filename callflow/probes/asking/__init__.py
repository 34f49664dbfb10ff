"""The ways in which an organ is asked, a module each: ``ask`` finds, and never fails. Shells."""
