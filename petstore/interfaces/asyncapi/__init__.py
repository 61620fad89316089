"""The AsyncAPI document: every frame, topic and webhook, from the classes that read and write them."""
