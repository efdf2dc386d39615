"""The measured claims, each against a peer and a limit in the same run."""
