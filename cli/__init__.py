"""The command line: clients of the HTTP API, and in admin/ the commands of operators."""
