"""A real call as a session has it: signalling, media, an ear and a mouth joined."""
