"""The web pages of units and secretariat."""
