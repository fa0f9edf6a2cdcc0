"""What is kept, in other programs' forms: tables, Prometheus' text, OpenTelemetry's traces."""
