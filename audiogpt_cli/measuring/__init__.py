"""Commands that measure: how well requests are understood, and how well tasks are done."""
