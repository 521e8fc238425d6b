"""``/api/v1``: the services of the pages as JSON, for programs and for the pages' own scripts. Described by itself at
``/api/v1/openapi.json``; errors are RFC 9457 problems whose ``code`` is stable."""
