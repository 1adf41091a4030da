"""What is made from the code, the configs and what was measured: tables, references, configs of overlays."""
