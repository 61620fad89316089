"""The use cases of webhooks: fan-out, endpoints, callbacks, redelivery and their upkeep."""
