"""BasicItem (基本目录事项): the standard, written once for the whole league."""
