"""The channels of the AsyncAPI document, a module for each protocol."""
