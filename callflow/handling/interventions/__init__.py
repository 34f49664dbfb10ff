"""Guards, firms, services and protective measures."""
