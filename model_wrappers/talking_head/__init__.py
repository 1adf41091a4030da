"""The parts of the talking head: finding the face, planning its motion, moving it, writing the film."""
