"""What a tenant may use: requests, amounts and things at a time, counted for all processes together."""
