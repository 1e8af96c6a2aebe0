"""The mock and the clock of a simulation. The only part of the harness that imports the mock."""
