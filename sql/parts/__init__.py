"""What the statements of the SQL edition are made of."""
