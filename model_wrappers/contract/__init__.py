"""What every model and its callers agree on: media, errors, cards, requests and responses."""
