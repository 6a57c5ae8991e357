"""Images of buildah, and containers of them under runc."""
