"""What staff need besides the catalogue itself: who I am, the keys of machines."""
