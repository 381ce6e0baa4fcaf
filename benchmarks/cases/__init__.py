"""What is measured: workloads, data sets and runs."""
