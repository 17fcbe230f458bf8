"""The watch over a model: after every night, and before outcomes are known."""
