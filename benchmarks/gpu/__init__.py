"""The published models on a GPU, beside the bare libraries."""
