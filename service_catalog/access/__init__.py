"""Who is asking, and what they may do: keys of machines, tokens of people, rights by role and place."""
