"""What the user asked for: options, environment, files. Nothing is sent to a deployment."""
