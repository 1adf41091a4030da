"""What an operator sees of a process: figures, traces, and whose work a log line is about."""
