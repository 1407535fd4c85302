"""What is too long for every test run: real refreshes that are killed. See `make chaos`."""
