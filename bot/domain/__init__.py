"""Values and rules. No I/O, no clock, no logging: `now` is always an argument."""
