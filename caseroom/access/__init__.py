"""Who may do what: words, actors and one pure table. Imports nothing but itself."""
