"""What a page shows of classes and of values."""
