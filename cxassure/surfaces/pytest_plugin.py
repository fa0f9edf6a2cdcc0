"""pytest: journeys collected as items when they are asked for."""
