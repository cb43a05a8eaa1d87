"""Lists that must be public (公开): the catalogue, an agency's 权责清单, recent changes; as JSON, CSV and Excel."""
