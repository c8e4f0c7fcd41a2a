"""Tests of one piece each: no Kafka, fakeredis for Redis."""
