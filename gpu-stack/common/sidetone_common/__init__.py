"""What the services of the GPU stack share."""
