"""The order store's suite: the same tests on fakeredis and on the real server."""
