"""Push (推送), the way up: offices hand in what they have, and every row gets a receipt."""
