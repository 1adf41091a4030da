"""What single parts cost, side by side with the same without them."""
