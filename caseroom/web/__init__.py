"""Edge helpers of the web pages and the API: security headers, errors, languages. Knows no domain."""
