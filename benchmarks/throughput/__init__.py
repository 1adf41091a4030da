"""Requests a second, beside the bare libraries called directly."""
