"""What pages and API are made with: templates, words, forms, lists, problems."""
