"""The order store's suite: the same tests on fakeredis, on the real server and on a real cluster."""
