"""What a page shows of tagged sentences."""
