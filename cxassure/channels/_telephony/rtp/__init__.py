"""The media of a real call: RTP and its keys, codecs, session descriptions, recording, quality."""
