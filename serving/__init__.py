"""The counter: score store, HTTP API and web pages."""
