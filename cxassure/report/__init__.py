"""What is told of runs: text, page, JUnit and JSON, each a pure function of runs and a context."""
