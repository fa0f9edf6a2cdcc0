"""Where people meet cxassure: command line, pytest, what third parties test with."""
