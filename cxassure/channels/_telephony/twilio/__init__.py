"""Real telephones through Twilio: its REST API, its documents, its media streams."""
