"""The services as Ray Serve applications: the FastAPI applications of the containers, many times."""
