"""What an incident has left, read: captures as packets, journals as entries, each file told by its content."""
