"""From an outcome to results: stores, model selection, execution of plans. Knows no Ray, no HTTP."""
