"""What a replica does around a model: load, decode, batch, measure."""
