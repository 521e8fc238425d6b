"""Live delivery: audiences, the outbox, and the gateway (the only importer of flask_socketio)."""
