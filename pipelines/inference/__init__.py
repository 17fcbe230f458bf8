"""A trained model for use from Python: features from raw records, probabilities, scores and explanations."""
