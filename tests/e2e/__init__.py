"""The stories, told by real requests on the lab's clusters, gateways and tunnels; see docs/how-to/lab.md."""
