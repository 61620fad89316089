"""The advisors that answer: their port and an adapter for each."""
