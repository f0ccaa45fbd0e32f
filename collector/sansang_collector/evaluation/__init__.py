"""How good the diagnosis is: faults of every kind played in the fast world, told by our engine and by simpler ways."""
