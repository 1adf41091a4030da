"""Models on torch: device, precision, true batches, long audio in windows."""
