"""Language models that hear and answer with a caption."""
