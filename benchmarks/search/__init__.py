"""What a search brings, and how many trials it makes in a minute."""
