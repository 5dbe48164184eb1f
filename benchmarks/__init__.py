"""Speed, memory and understanding, measured beside a peer in the same run."""
