"""The company's telephone exchange: its own SIP and RTP, with the phone tree behind it."""
