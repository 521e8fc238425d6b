"""What keeps an instance alive: backup, restore, and the doctor that names what is wrong. It serves nobody."""
