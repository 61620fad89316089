"""The use cases of chat: consultations."""
