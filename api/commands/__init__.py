"""The subcommands of `parkloom`, one module each; `api.cli` loads them when they are run."""
