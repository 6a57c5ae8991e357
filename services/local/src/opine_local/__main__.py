from opine_local.signals import hold

if __name__ == "__main__":
    hold()  # before the imports, which take a moment
    import sys

    from opine_local.cli import main

    sys.exit(main())
