"""The steps; which tables a step is about is said by the parts that the database holds."""
