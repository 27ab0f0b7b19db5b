"""Technology demands → research providers: ranking, assignment, explanation and the open call."""
