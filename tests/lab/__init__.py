"""What of the lab needs no right and no tool."""
