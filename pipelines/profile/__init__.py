"""What stands in a column of raw values, before anybody has said what it means."""
