"""What happened and when: phases, evidence, and how they are shown."""
