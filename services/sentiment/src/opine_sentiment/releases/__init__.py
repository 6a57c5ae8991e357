"""Which version answers whom: the plan, the artefacts that it names, and loading them beside the live one."""
