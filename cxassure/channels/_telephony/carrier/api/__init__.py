"""The interface for programs on loopback, as Twilio's (2010-04-01): calls, conferences, queues."""
