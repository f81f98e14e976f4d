#!/usr/bin/env python
"""Django's command line; what a command says is seen at once, also in a file."""

from config.commandline import main

if __name__ == "__main__":
    main()
