"""The buyer persona: lift of fit attributes among won leads."""
