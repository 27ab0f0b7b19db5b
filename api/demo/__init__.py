"""The demo: plays every party of the main job on the sample park, each with its own keys."""
