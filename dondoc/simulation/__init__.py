"""A directive's whole life in simulated time, with real parts and simulated units."""
