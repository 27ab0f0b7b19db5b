"""The decisions: plans with their bound, their reasons and their certificate."""
