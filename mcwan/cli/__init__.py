"""mcwan on the command line: thin commands over the model and the plan, none of which needs Pulumi or a cluster."""
