"""The commands: each module has a `main` that takes the arguments after the command's name."""
