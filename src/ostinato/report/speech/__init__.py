"""What a page shows of transcripts."""
