"""A kit for channels that telephone: the carrier over TwiML, SIP, RTP, audio, Twilio itself."""
