"""Questions (问答): answers to appeals that were published without personal data, hung on the item and its guides."""
