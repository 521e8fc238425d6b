"""Keys at rest, sealing of fields, the sealed object format and the object stores."""
