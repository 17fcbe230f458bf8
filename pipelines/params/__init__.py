"""Read, validate and document ``params.yaml``."""

from leadlight.pipelines.params.load import Params, load_params

__all__ = ["Params", "load_params"]
