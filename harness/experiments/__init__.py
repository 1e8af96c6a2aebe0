"""Commands that try an org out: what it does (probe), how fast it is (calibrate), how it differs (conform)."""
