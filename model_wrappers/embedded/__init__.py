"""The models of the embedded profile, whose weights come with packages; a file or a folder each."""
