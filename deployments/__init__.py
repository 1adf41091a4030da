"""The system on Ray Serve: models, planner and ingress as deployments. The only package that imports Ray."""
