"""The wire of a running lab: its captures, decoded as they grow, and what scenarios expect of them."""
