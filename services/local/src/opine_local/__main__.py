import signal

from opine_local import STOP_SIGNALS

if __name__ == "__main__":
    # Blocked while the imports below take their moment, so that an early one finds a run that can end in order.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    import sys

    from opine_local.run import main

    sys.exit(main())
