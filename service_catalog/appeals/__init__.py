"""Appeals (诉求): one door for every voice, answered in time."""
