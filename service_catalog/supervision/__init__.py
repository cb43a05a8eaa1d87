"""Supervision (电子监察): who is late, who has been told, and what the figures say."""
