"""Ray on one machine, on its loopback interface."""
