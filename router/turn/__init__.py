"""One turn of a dialogue: understand, plan, run, reply; with its caller or in a runner."""
