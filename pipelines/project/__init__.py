"""The files around a params file: a DVC pipeline for its source, ignore files, a README."""
