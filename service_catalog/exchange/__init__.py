"""Other people's shapes: lists of items that someone else published are read, held against the rules, and reported on."""
