"""The judgement: columns in; probability, score, reasons and thresholds out. Code only, never binaries."""
