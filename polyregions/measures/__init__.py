"""How much: volumes, boundary volumes, topology."""
