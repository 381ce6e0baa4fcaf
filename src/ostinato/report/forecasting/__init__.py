"""What a page shows of forecasts."""
