"""Settings come from the environment (contract, The operator's interface)."""
