"""The project's own routes: chat, plans, runs, tasks, artifacts, sessions."""
