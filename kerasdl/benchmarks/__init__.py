"""What `kerasdl bench` measures: ours beside the plain alternative, in turn, in one process."""
