"""Train one forecaster for the sales of many shops, and see what it would have been worth.

    python examples/forecast_sales.py

Generated sales by day, with two seasons, a trend and promotions that are known ahead. A backtest
trains on what came before a day and forecasts what came after it. Beside the figure stand two
forecasts that anybody can make: the last value again, and that of a week before.
"""

from __future__ import annotations

import ostinato
from ostinato import Forecaster, Recurrent, Training

sales = ostinato.datasets.load_series("sales")
forecaster = Forecaster(
    horizon=14,
    context=56,
    recurrent=Recurrent(cell="gru", hidden_size=32, bidirectional=False),
    training=Training(epochs=4, batch_size=32, learning_rate=1e-2),
    train_windows=1024,
)
# A csv or Parquet file and a table of pandas, polars or Arrow will do as well.
test = forecaster.backtest(sales, cutoffs=2)  # the last two times 14 days, trained before them

print("mean absolute scaled error (MASE): 1 is a week before, in the years of train")
for title, figures in {
    "last value": test.figures["naive"],
    "a week before": test.figures["seasonal_naive"],
    "this forecaster": test.figures,
}.items():
    print(f"  {title:<16}{figures['mase']:.4f}")

for row in test.table.slice(0, 3).to_pylist():
    print(
        f"{row['unique_id']}, {row['ds']:%d %B}: "
        f"{row['lo-80']:.0f} to {row['hi-80']:.0f} units expected, {row['y']:.0f} sold"
    )
