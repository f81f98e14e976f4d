"""Commands that start servers; one file each."""
