"""A picture of a fabric, and of what an update changes in it."""
