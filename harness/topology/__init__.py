"""What a lab consists of, as pure data: the model, its loader with line numbers, and its checks."""
