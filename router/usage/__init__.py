"""What every call to a model came to: counted once, by tenant and hour."""
