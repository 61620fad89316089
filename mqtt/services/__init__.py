"""Use cases of MQTT."""
