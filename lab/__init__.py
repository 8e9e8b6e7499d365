"""Real clusters, gateways and tunnels on one machine; see docs/how-to/lab.md."""
