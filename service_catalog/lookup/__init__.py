"""Looking a code up: what it means part by part, and what the catalogue knows of it."""
