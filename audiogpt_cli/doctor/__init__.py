"""`audiogpt doctor`: what is missing on this machine and in the server, and how to get it."""
