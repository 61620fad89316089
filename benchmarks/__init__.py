"""The benchmark: our server beside two peers and the bare database, in one run on one machine."""
