"""Practices, people, passwords, second factors, sessions, invitations and tokens."""
