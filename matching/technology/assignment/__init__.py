"""Who answers which demand: from a bare matrix of scores, or with consortia and all their rules."""
