"""What this machine is: hardware, memory, threads, forks."""
