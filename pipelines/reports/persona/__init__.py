"""The buyer persona: what won deals had more often than others, from fit topics alone."""
