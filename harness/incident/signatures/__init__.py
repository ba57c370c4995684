"""What must be seen again for an incident to be reproduced: signatures, by name. Pure."""
