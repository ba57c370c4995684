"""What a written scenario does when it runs: the schedule again and again, and a look for the signature."""
