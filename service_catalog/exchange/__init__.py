"""Other people's shapes: lists that someone else published."""
