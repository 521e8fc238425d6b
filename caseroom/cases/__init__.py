"""Cases, sides, participants and the templates of the five kinds."""
