"""Attachments (附件): checked by what they are, stripped of what they should not tell, kept outside the database."""
