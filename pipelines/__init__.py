"""The jobs: one module is one verb of the command line and one stage of the pipeline."""
