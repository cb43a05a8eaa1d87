"""How any edition lives: its states, its dates, the acts that end or suspend a thing, the opinions kept."""
