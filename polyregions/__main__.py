"""The command line as ``python -m polyregions``."""

from polyregions.cli import main

if __name__ == "__main__":
    main()
