"""Commands by purpose."""
