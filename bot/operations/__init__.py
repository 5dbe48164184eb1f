"""Starting, training and checking the service: what the commands of `intake` do."""
