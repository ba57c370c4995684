"""One clock for everything: how the clocks of captures and machines stand to each other. Pure."""
