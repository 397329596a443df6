"""A server under load, on 127.0.0.1 alone: its rate, its latencies, what it refuses, what it holds."""
