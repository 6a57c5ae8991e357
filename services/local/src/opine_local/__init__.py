"""`make run`: the whole of Opine on this machine."""

import signal

# Ctrl-C, a polite kill and a terminal that goes away end a run alike.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
