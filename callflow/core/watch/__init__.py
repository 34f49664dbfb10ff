"""Supervision: findings of the station itself."""
