"""PostgreSQL and Redis out of wheels, and the stack of processes that live and die together."""
