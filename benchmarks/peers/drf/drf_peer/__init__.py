"""The project of the tutorial peer: `startproject`, plus what DRF's quickstart adds."""
