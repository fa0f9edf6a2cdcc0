"""What tests written in Python stand on: the suite that every channel and connector is held to."""
