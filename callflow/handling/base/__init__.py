"""What every room of handling needs: telling, refusals, policy, nodes."""
