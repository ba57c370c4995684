"""Who is who: the machines of an incident, their names, addresses, subnets and cluster. Pure."""
