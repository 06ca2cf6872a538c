-- The line of the ledger that only the strategy `price` has: the gap between its two prices times the share of it that is
-- assumed to close. NULL in the other strategies, and where it is not known. With it the lines of `price` add up to its net.
-- SQLite cannot repeat ADD COLUMN: the list of applied migrations sees to it that it runs once.
ALTER TABLE opportunities ADD COLUMN price_gain REAL
  CONSTRAINT price_gain_of_price CHECK ((strategy = 'price' OR price_gain IS NULL) IS TRUE)
  -- Of the sign of the gap and no larger: nothing closes further than whole.
  CONSTRAINT price_gain_within_gap CHECK ((price_gain IS NULL OR (price_gain * (short_bid - long_ask) >= 0
    AND abs(price_gain) <= abs(short_bid - long_ask) * 4.0 / (long_bid + long_ask + short_bid + short_ask) + 1e-9)) IS TRUE)
  CONSTRAINT price_net_from_lines CHECK ((strategy <> 'price' OR net IS NULL
    OR abs(net - (price_gain + funding - fees - crossing)) <= 1e-9) IS TRUE)
  CONSTRAINT price_gross_apr CHECK ((price_gain IS NULL OR abs(gross_apr - price_gain * 8760.0 / horizon_hours) <= 1e-6) IS TRUE);
