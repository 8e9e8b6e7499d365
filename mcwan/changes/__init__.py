"""What an update would change: in objects, and in the words of the fabric."""
