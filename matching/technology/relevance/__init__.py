"""Relevance: how well a provider's documents answer a demand, in parts that sum exactly."""
