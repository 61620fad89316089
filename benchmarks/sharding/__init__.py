"""Tenants spread over several PostgreSQL clusters, simulated by pgbench with the application's own statements."""
