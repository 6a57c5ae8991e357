"""The reviews API as docs/contracts.md has it, in this process, with delays and failures at a test's command."""
