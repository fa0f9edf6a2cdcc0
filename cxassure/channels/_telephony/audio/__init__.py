"""What is heard and spoken on a real line: sounds, speech, quality, trouble."""
