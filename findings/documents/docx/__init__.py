"""The Word templates and the script that lays them out."""
