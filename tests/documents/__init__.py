"""The tests of what is said in docs/ and at /openapi.json: that it is true."""
