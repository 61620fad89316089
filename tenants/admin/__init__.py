"""What every page of the back office shares. The tenant's own page is in `accounts.admin`, beside its use cases."""
