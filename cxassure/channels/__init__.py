"""What can be done and seen on each channel, a folder each."""
