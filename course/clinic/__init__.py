"""The debugging clinic: ``programs`` are healthy and broken GANs, ``examine`` watches them run."""
